import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS, type GatewayKind } from '../../deploy/gateways/kinds.ts';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import { plainHost, readChecked } from '../support/servers/gateways/checked.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { withHttp2Port } from '../support/servers/gateways/http2-port.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { rawRequest, sendRaw } from '../support/servers/gateways/raw-http.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { HOST, HTTP2_REQUESTS, MESSAGES, REQUESTS } from './gateway-requests.ts';

const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'] as const;

/** Headers that a client may send in the hope that Sallyport or a service believes it. */
const SPOOFED: readonly (readonly [name: string, value: string])[] = [
  ...IDENTITY.map((name) => [name, 'forged'] as const),
  ...OVERRIDE_HEADERS.map((name) => [name, valueFor(name)] as const),
];

describe.each(await installedGateways([...GATEWAYS, INGRESS_NGINX]))('$label', ({ kind, isMissing }) => {
  let services: Services;
  let fake: FakeVerify;
  let gateway: RunningGateway;
  let http2Port: number;

  beforeAll(async () => {
    if (isMissing) return;
    services = await startServices();
    fake = await startFakeVerify();
    const { edits, port } = await withHttp2Port(kind);
    gateway = await startGateway(kind, { verify: fake.port, tokens: fake.port, ...services.ports }, edits);
    http2Port = port ?? gateway.port;
    // Allows everything: whatever the gateway lets through then is what it asked about, or it is a hole.
    fake.answer = (_request, response) =>
      response.writeHead(200, { 'x-auth-subject': 'alice', 'x-auth-issuer': 'corporate' }).end();
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    fake.close();
    services.close();
  });

  beforeEach(() => {
    if (isMissing) return;
    services.received.length = 0;
    fake.asked.length = 0;
  });

  it.skipIf(isMissing).each(Object.entries(REQUESTS))('asks about what the service gets: %s', async (name, request) => {
    await sendRaw(gateway.port, request, name.startsWith('a body') ? 'end' : 'response');
    expectAgreement(kind);
  });

  it.skipIf(isMissing).each(Object.entries(HTTP2_REQUESTS))(
    'asks about what the service gets over HTTP/2: %s',
    async (_name, request) => {
      const all = {
        method: 'GET',
        path: MESSAGES,
        headers: [[':authority', 'gateway.example.com'] as const],
        ...request,
      };
      // Many of these end the stream without a response.
      await sendHttp2Request({ port: http2Port, ...all }).catch(() => undefined);
      expectAgreement(kind);
    },
  );

  it.skipIf(isMissing)('passes over HTTP/2 on what Sallyport allows', async () => {
    const headers = [[':authority', 'gateway.example.com'] as const, ['x-auth-token-id', 'forged'] as const];
    await sendHttp2Request({ port: http2Port, method: 'POST', path: `${MESSAGES}?a=1`, headers, body: '{}' });
    expect(services.received.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', `${MESSAGES}?a=1`, '{}'],
    ]);
    expectAgreement(kind);
  });

  it.skipIf(isMissing)('shows Sallyport no body', async () => {
    const body = 'x'.repeat(900_000);
    const answer = await sendRequest({ port: gateway.port, method: 'POST', path: MESSAGES, headers: [], body });
    expect(answer.status).toBe(202);
    expect(services.received[0]?.body).toBe(body);
    const asked = fake.asked.map(({ headers }) => [headers['content-length'] ?? '0', headers['transfer-encoding']]);
    expect(asked).toEqual([['0', undefined]]);
  });

  const forms: Readonly<Record<string, (name: string) => string>> = {
    'as it is': (name) => name,
    'in capitals': (name) => name.toUpperCase(),
    'with underscores': (name) => name.replaceAll('-', '_'),
    'with one underscore': (name) => name.replace('-', '_'),
    'with dots': (name) => name.replaceAll('-', '.'),
    'with other characters': (name) => name.replaceAll('-', '~'),
    'with mixed characters': (name) => name.replace('-', '.').replaceAll('-', '!'),
  };
  it.skipIf(isMissing).each(Object.entries(forms))('no header of the client counts, %s', async (_form, spell) => {
    for (const [name, value] of SPOOFED) {
      services.received.length = 0;
      fake.asked.length = 0;
      const fields = [`${spell(name)}: ${value}`, `${spell(name)}: ${value}`];
      await sendRaw(gateway.port, rawRequest(`POST ${MESSAGES}`, [HOST, 'Content-Length: 2', ...fields], '{}'));
      expectAgreement(kind);
    }
  });

  it.skipIf(isMissing)('asks about each request of a connection', async () => {
    const one = `POST ${MESSAGES} HTTP/1.1\r\n${HOST}\r\nContent-Length: 2\r\n\r\n{}`;
    await sendRaw(gateway.port, `${one}${one}${rawRequest('GET /3rdparty/v1/devices', [HOST])}`, 'end');
    expect(fake.asked).toHaveLength(3);
    expect(services.received).toHaveLength(3);
  });

  /** Expects that every request that reached a service is one that was asked about, without anything forged. */
  function expectAgreement({ mode }: GatewayKind): void {
    const checked = fake.asked.map((request) => readChecked(request, mode));
    expect(checked.length).toBeGreaterThanOrEqual(services.received.length);
    for (const [index, { method, path, headers }] of services.received.entries()) {
      const host = plainHost(headers.host ?? '');
      // Sallyport denies a request without a host, so it does not matter what a service would read then.
      const shown = checked[index]?.host === '' ? '' : host;
      expect({ method, path, host: shown }).toEqual(checked[index]);
      expect(guarded(headers, host)).toEqual({
        'x-auth-subject': 'alice',
        'x-auth-issuer': 'corporate',
      });
    }
  }
});

/** Returns the headers that a service might believe. A gateway may repeat the host, or none, in `x-forwarded-host`. */
function guarded(headers: Readonly<Record<string, unknown>>, host: string): Record<string, unknown> {
  const names: ReadonlySet<string> = new Set(SPOOFED.map(([name]) => name));
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) =>
        names.has(name.replaceAll(/[^a-z0-9]/g, '-')) &&
        !(name === 'x-forwarded-host' && ['', host].includes(plainHost(String(value)))),
    ),
  );
}

/** A value that would change the meaning of the request. */
function valueFor(name: string): string {
  if (/method/.test(name)) return 'DELETE';
  if (/host|server/.test(name)) return 'admin.example.com';
  return name === 'forwarded' ? 'host=admin.example.com' : '/health';
}
