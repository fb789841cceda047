import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NGINX } from '../../deploy/gateways/kinds.ts';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { type FastcgiService, startFastcgiService } from '../support/servers/gateways/fastcgi-service.ts';
import {
  type Edit,
  installedGateways,
  type RunningGateway,
  startGateway,
} from '../support/servers/gateways/gateway.ts';
import { sendRequest } from '../support/servers/http-client.ts';

const PATH = '/3rdparty/v1/messages';
const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];
const FORGED = [...IDENTITY, ...OVERRIDE_HEADERS, 'authorization'].map((name) => [name, 'forged'] as const);

describe.each(await installedGateways([NGINX]))('$label with fastcgi_pass', ({ kind, isMissing }) => {
  let verify: FakeVerify;
  let php: FastcgiService;
  let gateway: RunningGateway;

  beforeAll(async () => {
    if (isMissing) return;
    [verify, php] = await Promise.all([startFakeVerify(), startFastcgiService()]);
    const edit: Edit = [
      'proxy_pass http://messages',
      `fastcgi_pass 127.0.0.1:${php.port}; include sallyport-fastcgi.conf`,
    ];
    const { port } = verify;
    gateway = await startGateway(kind, { verify: port, tokens: port, messages: port, devices: port }, [edit]);
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    verify.close();
    php.close();
  });

  beforeEach(() => {
    if (!isMissing) php.received.length = 0;
  });

  const ask = () =>
    sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [...FORGED, ['accept', 'a/b']] });

  it.skipIf(isMissing)('passes on the identity and the credential of the answer, and nothing forged', async () => {
    verify.answer = (_request, response) =>
      response.writeHead(200, { 'x-auth-subject': 'alice', 'x-auth-issuer': 'corporate', authorization: 'own' }).end();
    expect((await ask()).status).toBe(200);
    expect(php.received[0]).toMatchObject({
      HTTP_ACCEPT: 'a/b',
      HTTP_X_AUTH_SUBJECT: 'alice',
      HTTP_X_AUTH_ISSUER: 'corporate',
      HTTP_AUTHORIZATION: 'own',
    });
    expect(Object.values(php.received[0] ?? {})).not.toContain('forged');
  });

  it.skipIf(isMissing)('passes on no identity and no credential if the answer has none', async () => {
    verify.answer = (_request, response) => response.writeHead(200).end();
    expect((await ask()).status).toBe(200);
    const names = Object.keys(php.received[0] ?? {});
    expect(names).toContain('HTTP_ACCEPT');
    expect(names.filter((name) => /^HTTP_(X_|AUTH)/.test(name))).toEqual([]);
  });

  it.skipIf(isMissing)('does not send a request on to where a service points by X-Accel-Redirect', async () => {
    php.header = 'X-Accel-Redirect: /3rdparty/v1/devices\r\n';
    verify.asked.length = 0;
    expect((await ask()).status).toBe(200);
    // It also stands in the place of the service for devices.
    expect(verify.asked.map(({ url }) => url)).toEqual(['/auth']);
  });
});
