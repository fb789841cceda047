import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS, type GatewayKind } from '../../deploy/gateways/kinds.ts';
import { OVERRIDE_HEADERS } from '../../src/core/override-headers.ts';
import { plainHost, readChecked } from '../support/servers/gateways/checked.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { withHttp2Port } from '../support/servers/gateways/http2-port.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { rawRequest, sendRaw } from '../support/servers/gateways/raw-http.ts';
import { type HttpRequest, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const MESSAGES = '/3rdparty/v1/messages';
const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'] as const;
const HOST = 'Host: gateway.example.com';

/** Request lines and headers that two parsers may read differently. */
const REQUESTS: Readonly<Record<string, string>> = {
  ...lines('the path', [
    `${MESSAGES}/../../../health`,
    `${MESSAGES}/%2e%2e/devices`,
    `${MESSAGES}/%252e%252e/devices`,
    `${MESSAGES}/..;/devices`,
    `${MESSAGES}/..%2fdevices`,
    `${MESSAGES}/..%5cdevices`,
    `${MESSAGES}\\..\\devices`,
    `${MESSAGES}//x`,
    `//gateway.example.com${MESSAGES}`,
    `/${MESSAGES}`,
    `${MESSAGES}/./x`,
    `${MESSAGES}/.`,
    `${MESSAGES};x=1`,
    `${MESSAGES}%00`,
    `${MESSAGES}%0d%0ax-auth-subject:%20mallory`,
    `${MESSAGES}#/health`,
    `${MESSAGES}%23x`,
    `${MESSAGES}%3Fx=1`,
    `${MESSAGES}?`,
    `${MESSAGES}?a=1&b=%2F..%2F#x`,
    `${MESSAGES}?next=//evil.example.com/../x`,
    `${MESSAGES}/m\u00e9`,
    `${MESSAGES}/%zz`,
    `${MESSAGES}/a b`,
    `/3rdparty/v1/%6dessages`,
    '/3rdparty/v1/messages/../messages',
    '/_sallyport',
    '/auth',
    `/auth${MESSAGES}`,
    '*',
    'health',
  ]),
  'an absolute target with another host': rawRequest(`GET http://other.example.com${MESSAGES}`, [HOST]),
  'an absolute target without a path': rawRequest('GET http://other.example.com', [HOST]),
  'an absolute target with a query alone': rawRequest('GET http://other.example.com?x=/health', [HOST]),
  'an absolute target with a user': rawRequest(`GET http://gateway.example.com@other.example.com${MESSAGES}`, [HOST]),
  'an absolute target of another scheme': rawRequest(`GET ftp://other.example.com${MESSAGES}`, [HOST]),
  'HTTP/1.0 without a host': `GET ${MESSAGES} HTTP/1.0\r\n\r\n`,
  'HTTP/1.0 with an absolute target': `GET http://other.example.com${MESSAGES} HTTP/1.0\r\n\r\n`,
  'HTTP/1.1 without a host': rawRequest(`GET ${MESSAGES}`),
  'HTTP/0.9': `GET ${MESSAGES}\r\n`,
  'two hosts': rawRequest(`GET ${MESSAGES}`, [HOST, 'Host: other.example.com']),
  'an empty host': rawRequest(`GET ${MESSAGES}`, ['Host:']),
  'a host in capitals, with a port and a final dot': rawRequest(`GET ${MESSAGES}`, ['Host: GateWay.example.com.:8080']),
  ...hosts([
    'gateway.example.com?x',
    'gateway.example.com#x',
    'other.example.com@gateway.example.com',
    'gateway.example.com/health',
    'gateway.example.com/health?',
    'gateway.example.com\\x',
    'gateway.example.com, other.example.com',
    'gateway.example.com:80:90',
    'gateway.example.com%2fhealth',
    '[::1]:80',
  ]),
  ...methods(['post', 'Post', 'P_OST', 'POST-', 'FOO', 'PURGE', 'TRACE', 'CONNECT', 'OPTIONS', 'DELETE']),
  'CONNECT to an authority': rawRequest('CONNECT other.example.com:443', [HOST]),
  'an upgrade to WebSocket': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]),
  'an upgrade to HTTP/2': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ]),
  'a chunked body': rawRequest(`POST ${MESSAGES}`, [HOST, 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
  'a chunked body with an identity in its trailer': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: chunked', 'Trailer: x-auth-token-id'],
    '2\r\n{}\r\n0\r\nx-auth-token-id: forged\r\n\r\n',
  ),
  'a body with two lengths': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: chunked', 'Content-Length: 4'],
    '0\r\n\r\nGET /health HTTP/1.1\r\n\r\n',
  ),
  'a body with an unknown coding': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: xchunked', 'Content-Length: 2'],
    '{}',
  ),
  'a body with a coding in capitals': rawRequest(`POST ${MESSAGES}`, [HOST, 'Transfer-Encoding: CHUNKED'], '0\r\n\r\n'),
  'a body that is awaited': rawRequest(`POST ${MESSAGES}`, [HOST, 'Expect: 100-continue', 'Content-Length: 2'], '{}'),
  'a GET with a body': rawRequest(`GET ${MESSAGES}`, [HOST, 'Content-Length: 2'], '{}'),
  'a header that continues on the next line': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'X-Filler: 1',
    ' x-auth-token-id: forged',
  ]),
  'a space before the colon': rawRequest(`GET ${MESSAGES}`, [HOST, 'x-auth-token-id : forged']),
  'a bare line feed in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\nx-auth-token-id: forged']),
  'a bare carriage return in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\rx-auth-token-id: forged']),
  'a NUL in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\0x-auth-token-id: forged']),
  ...Object.fromEntries(
    ['x-auth-subject', 'authorization', 'x-original-url', 'x-forwarded-uri', 'x-forwarded-method', 'host'].map(
      (name) => [
        `a Connection header that names ${name}`,
        rawRequest(`GET ${MESSAGES}`, [HOST, 'Authorization: Bearer t', `Connection: close, ${name}`]),
      ],
    ),
  ),
};

type Http2Request = Partial<Pick<HttpRequest, 'method' | 'path' | 'headers'>>;

/** Pseudo-headers that two parsers may read differently. */
const HTTP2_REQUESTS: Readonly<Record<string, Http2Request>> = {
  'two hosts': {
    headers: [
      [':authority', 'gateway.example.com'],
      ['host', 'other.example.com'],
    ],
  },
  'a host with a path': { headers: [[':authority', 'gateway.example.com/health']] },
  'a host with a query': { headers: [[':authority', 'gateway.example.com?x=']] },
  'a host with a user': { headers: [[':authority', 'admin@gateway.example.com']] },
  'no host': { headers: [] },
  'a scheme with a path': {
    headers: [
      [':scheme', 'http://gateway.example.com/health?'],
      [':authority', 'gateway.example.com'],
    ],
  },
  'a path with dot segments': { path: `${MESSAGES}/../../../health` },
  'a path with two slashes': { path: `/${MESSAGES}` },
  'an absolute path': { path: `http://other.example.com${MESSAGES}` },
  'a path with a fragment': { path: `${MESSAGES}#/health` },
  'a path without a slash': { path: 'health' },
  'an asterisk': { method: 'OPTIONS', path: '*' },
  'a method in lower case': { method: 'post' },
  'a method with an underscore': { method: 'P_OST' },
};

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

function lines(what: string, targets: readonly string[]): Record<string, string> {
  return Object.fromEntries(targets.map((target) => [`${what} ${target}`, rawRequest(`GET ${target}`, [HOST])]));
}

function hosts(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((host) => [`the host ${host}`, rawRequest(`GET ${MESSAGES}`, [`Host: ${host}`])]),
  );
}

function methods(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`the method ${name}`, rawRequest(`${name} ${MESSAGES}`, [HOST])]));
}
