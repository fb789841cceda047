import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import type { Edit } from '../support/servers/gateways/gateway.ts';
import { installedGateways, startGateway } from '../support/servers/gateways/gateway.ts';
import type { HttpResponse } from '../support/servers/http-client.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { type Services, startServices } from '../support/servers/services.ts';

type Headers = Parameters<typeof sendRequest>[0]['headers'];

const UNAVAILABLE = { type: 'urn:sallyport:problem:unavailable', status: 503, code: 'unavailable' };

/** Mistakes in the Lua action. After an error, HAProxy continues with the next rule. */
const BROKEN: Readonly<Record<string, Edit>> = {
  'fails before it asks': ['core.httpclient', 'core.no_such_client'],
  'fails on the answer': ['txn:set_var("txn.sallyport", "allowed")', 'error("broken")'],
  'asks at an address that does not exist': ['local SALLYPORT', 'local SALLYPORT = "abns@nothing-here" local UNUSED'],
};

const haproxy = (await installedGateways()).filter(({ kind }) => kind.name === 'haproxy');

describe.each(haproxy)('$label', ({ kind, isMissing }) => {
  let services: Services;
  let verify: FakeVerify;

  beforeAll(async () => {
    services = await startServices();
    verify = await startFakeVerify();
  });

  afterAll(() => {
    verify.close();
    services.close();
  });

  beforeEach(() => {
    services.received.length = 0;
    verify.answer = (_request, response) => response.writeHead(200).end();
  });

  it.skipIf(isMissing)('lets a request pass that is allowed', async () => {
    expect((await askThrough([])).status).toBe(200);
  });

  it.skipIf(isMissing).each(Object.entries(BROKEN))('denies if the Lua action %s', async (_, edit) => {
    const answer = await askThrough([edit]);
    expect(JSON.parse(answer.body)).toMatchObject(UNAVAILABLE);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(services.received).toEqual([]);
  });

  it.skipIf(isMissing)('lets no request pass for another success than 200', async () => {
    verify.answer = (_request, response) => response.writeHead(204).end();
    expect((await askThrough([])).status).toBe(503);
    expect(services.received).toEqual([]);
  });

  it.skipIf(isMissing)('denies if an answer ends within its body', async () => {
    verify.answer = (request, response) => {
      response.writeHead(200, { 'x-auth-subject': 'alice', 'content-length': '9' }).write('half');
      setImmediate(() => request.socket.destroy());
    };
    const answer = await askThrough([]);
    expect(answer.status).toBe(503);
    expect(services.received).toEqual([]);
  });

  it.skipIf(isMissing)('denies if the request has no room for the whole identity', async () => {
    verify.answer = (_request, response) =>
      response.writeHead(200, { 'x-auth-subject': 'alice', 'x-auth-scopes': 'a:b '.repeat(1_000).trim() }).end();
    const padding = Array.from({ length: 14 }, (_, index) => [`a${index}`, 'x'.repeat(1_000)] as const);
    const answer = await askThrough([], padding);
    expect([answer.status, services.received]).toEqual([431, []]);
    expect((await askThrough([])).status).toBe(200);
    expect(services.received[0]?.headers['x-auth-scopes']).toHaveLength(3_999);
  });

  it.skipIf(isMissing)('denies with an answer of its own if something other than Sallyport denies', async () => {
    verify.answer = (_request, response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>No</h1>');
    const answer = await askThrough([]);
    expect(JSON.parse(answer.body)).toMatchObject(UNAVAILABLE);
  });

  /** Starts a HAProxy of its own, and sends one request through it. */
  async function askThrough(edits: readonly Edit[], headers: Headers = []): Promise<HttpResponse> {
    const gateway = await startGateway(kind, { verify: verify.port, tokens: verify.port, ...services.ports }, edits);
    try {
      const path = '/3rdparty/v1/messages';
      return await sendRequest({ port: gateway.port, method: 'GET', path, headers });
    } finally {
      await gateway.close();
    }
  }
});
