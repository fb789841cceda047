import { once } from 'node:events';
import { request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import {
  installedGateways,
  type PortsBehind,
  type RunningGateway,
  startGateway,
} from '../support/servers/gateways/gateway.ts';
import { startUpstream, type Upstream } from '../support/servers/gateways/upstream.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { freePorts } from '../support/servers/ports.ts';

const PATH = '/3rdparty/v1/messages';
const IDENTITY = { 'x-auth-subject': 'alice', 'x-auth-issuer': 'corporate', 'x-auth-scheme': 'bearer' };
const FORGED = [...Object.keys(IDENTITY), 'x-auth-scopes', 'x-auth-token-id'];
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Fields of an HTTP/2 request that name a scheme or a host, and what is left of the request behind a careless gateway. */
const PSEUDO_HEADERS: Readonly<Record<string, readonly (readonly [name: string, value: string])[]>> = {
  'another scheme': [
    [':scheme', 'ftp'],
    [':authority', 'gateway'],
  ],
  'a scheme with a path': [
    [':scheme', 'http://gateway/health?'],
    [':authority', 'gateway'],
  ],
  'a host with a path': [[':authority', 'gateway/health']],
  'a host with a query': [[':authority', 'gateway?x=']],
  'a host with another path': [[':authority', `gateway${PATH}?x=`]],
  'a host with a user': [[':authority', 'admin@gateway']],
  'two hosts': [
    [':authority', 'gateway'],
    ['host', 'other.example.com'],
  ],
};

const forwarded = (await installedGateways()).filter(({ kind }) => kind.mode === 'forwarded');

describe.each(forwarded)('$label', ({ kind, isMissing }) => {
  let upstream: Upstream;
  let verify: FakeVerify;
  let gateway: RunningGateway;

  beforeAll(async () => {
    if (isMissing) return;
    upstream = await startUpstream();
    verify = await startFakeVerify();
    gateway = await startGateway(kind, behind());
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    verify.close();
    upstream.close();
  });

  beforeEach(() => {
    if (isMissing) return;
    upstream.arrived.length = 0;
    verify.asked.length = 0;
    verify.answer = (_request, response) => response.writeHead(200, IDENTITY).end();
  });

  it.skipIf(isMissing)('passes a large body on unchanged, and shows none of it to Sallyport', async () => {
    const body = Buffer.alloc(3_000_000, 'message ');
    const answer = await sendRequest({ port: gateway.port, method: 'POST', path: PATH, headers: [], body });
    expect(answer.status).toBe(200);
    expect(upstream.arrived[0]?.body.equals(body)).toBe(true);
    expect(verify.asked.map(({ method, headers }) => [method, headers['content-length'] ?? '0'])).toEqual([
      ['GET', '0'],
    ]);
    expect(verify.asked[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it.skipIf(isMissing)('denies a request with Expect, whose body reaches no service', async () => {
    verify.answer = (_request, response) => response.writeHead(401, denial()).end('{}');
    const request = openRequest({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: PATH,
      headers: { Expect: '100-continue', 'Content-Length': '300000' },
    });
    request.flushHeaders();
    // Caddy 2.11 denies after the first 256 KB of a body, the others before they take any of it.
    if (kind.name === 'caddy') request.end(Buffer.alloc(300_000));
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(401);
    request.destroy();
    expect(upstream.arrived).toEqual([]);
  });

  it.skipIf(isMissing)('passes a request with Expect on with its body', async () => {
    const fields = [['Expect', '100-continue'] as const];
    const answer = await sendRequest({ port: gateway.port, method: 'POST', path: PATH, headers: fields, body: '{}' });
    expect(answer.status).toBe(200);
    expect(upstream.arrived.map(({ body }) => String(body))).toEqual(['{}']);
  });

  it.skipIf(isMissing)('checks a HEAD request as HEAD, and denies it without a body', async () => {
    verify.answer = (_request, response) => response.writeHead(401, denial()).end('{}');
    const answer = await sendRequest({ port: gateway.port, method: 'HEAD', path: PATH, headers: [] });
    expect(verify.asked[0]?.headers['x-forwarded-method']).toBe('HEAD');
    expect([answer.status, answer.challenges, answer.body]).toEqual([401, [CHALLENGE], '']);
  });

  it.skipIf(isMissing)('opens a WebSocket with the identity of the request that asked for it', async () => {
    const socket = await send(`GET ${PATH}`, UPGRADE);
    expect(await firstBytes(socket)).toContain('101 Switching Protocols');
    socket.write('hello');
    expect(await firstBytes(socket)).toBe('hello');
    socket.destroy();
    expect(identityOf(upstream)).toEqual(IDENTITY);
  });

  it.skipIf(isMissing)('keeps the identity of a WebSocket whose client names it in Connection', async () => {
    const [, ...fields] = UPGRADE;
    const socket = await send(`GET ${PATH}`, ['Connection: keep-alive, Upgrade, x-auth-subject', ...fields]);
    expect(await firstBytes(socket)).toContain('101 Switching Protocols');
    socket.destroy();
    expect(identityOf(upstream)).toEqual(IDENTITY);
  });

  it.skipIf(isMissing)('opens no WebSocket that Sallyport denies', async () => {
    verify.answer = (_request, response) => response.writeHead(401, denial()).end('{}');
    const socket = await send(`GET ${PATH}`, UPGRADE);
    expect(await firstBytes(socket)).toContain('401 Unauthorized');
    socket.destroy();
    expect(upstream.arrived).toEqual([]);
  });

  it.skipIf(isMissing).each(['close', 'keep-alive'])(
    'keeps identity headers that the client names in Connection beside %s',
    async (option) => {
      const named = `Connection: ${option}, x-auth-subject, x-auth-issuer, x-auth-scheme`;
      const socket = await send(`GET ${PATH}`, [named]);
      expect(await firstBytes(socket)).toContain('200 OK');
      socket.destroy();
      expect(identityOf(upstream)).toEqual(IDENTITY);
      // A proxy in the place of the service would drop what is named there.
      expect(valueOf(upstream.arrived[0]?.rawHeaders ?? [], 'connection') ?? '').not.toContain('x-auth');
    },
  );

  it.skipIf(isMissing).each(Array.from("!#$%&'*+.^_`|~"))(
    'passes no header on that a service may read as another: %s',
    async (other) => {
      const names = ['x-auth-subject', 'x-auth-token-id', 'x-http-method-override'].map((name) =>
        name.replace('-', other),
      );
      await send(`GET ${PATH}`, [...names.map((name) => `${name}: forged`), 'Connection: close']).then(ended);
      const received = (upstream.arrived[0]?.rawHeaders ?? []).map((name) => name.toLowerCase());
      expect(received).toContain('x-auth-issuer');
      expect(names.filter((name) => received.includes(name))).toEqual([]);
    },
  );

  it.skipIf(isMissing)(
    'sends the address of the client that it sees, and not the one that the client names',
    async () => {
      const names = ['X-Forwarded-For', 'X-Forwarded-Proto', 'Forwarded'];
      const fields = names.map((name) => [name, '203.0.113.9'] as const);
      await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: fields });
      expect(verify.asked[0]?.headers['x-forwarded-for']).toBe('127.0.0.1');
      const { rawHeaders = [] } = upstream.arrived[0] ?? {};
      const received = names.map((name) => valueOf(rawHeaders, name.toLowerCase()));
      expect(received).toEqual(['127.0.0.1', 'http', undefined]);
    },
  );

  it.skipIf(isMissing)('removes a credential that the answer does not have, and leaves one that it has', async () => {
    const headers = [['Authorization', 'Bearer one'] as const];
    await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers });
    verify.answer = (_request, response) => response.writeHead(200, { authorization: 'Bearer one' }).end();
    await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers });
    const credentials = upstream.arrived.map(({ rawHeaders }) => valueOf(rawHeaders, 'authorization'));
    expect(credentials).toEqual([undefined, 'Bearer one']);
  });

  it.skipIf(isMissing)('tells a client that uses a password when that ends', async () => {
    const notice = { deprecation: '@1767225600', sunset: 'Wed, 30 Jun 2027 00:00:00 GMT' };
    verify.answer = (_request, response) => response.writeHead(200, notice).end();
    const { headers } = await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [] });
    expect([headers['deprecation'], headers['sunset']]).toEqual(Object.values(notice));
    verify.answer = (_request, response) => response.writeHead(200).end();
    const other = await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [] });
    expect([other.headers['deprecation'], other.headers['sunset']]).toEqual([undefined, undefined]);
  });

  it.skipIf(isMissing)('passes no identity header on that the answer does not have', async () => {
    verify.answer = (_request, response) => response.writeHead(200).end();
    const headers = FORGED.map((name) => [name, 'forged'] as const);
    await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers });
    const { rawHeaders = [] } = upstream.arrived[0] ?? {};
    expect(rawHeaders.filter((text) => /^x-auth|forged/i.test(text))).toEqual([]);
  });

  it.skipIf(isMissing)('passes no identity on that an earlier request had', async () => {
    for (let index = 0; index < 20; index++) {
      await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [] });
      verify.answer = (_request, response) => response.writeHead(200).end();
    }
    const subjects = upstream.arrived.map(({ rawHeaders }) => valueOf(rawHeaders, 'x-auth-subject'));
    expect(subjects).toEqual(['alice', ...Array.from({ length: 19 }, () => undefined)]);
  });

  it.skipIf(isMissing)('serves other requests while one waits for Sallyport', async () => {
    const waiting = Promise.withResolvers<() => void>();
    verify.answer = (_request, response) => {
      verify.answer = (_next, other) => other.writeHead(200, IDENTITY).end();
      waiting.resolve(() => response.writeHead(200, IDENTITY).end());
    };
    const first = sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [] });
    const release = await waiting.promise;
    const second = await sendRequest({ port: gateway.port, method: 'GET', path: PATH, headers: [] });
    expect(second.status).toBe(200);
    expect(upstream.arrived).toHaveLength(1);
    release();
    expect((await first).status).toBe(200);
  });

  it.skipIf(isMissing)('answers as Sallyport does while Sallyport is away', async () => {
    const [closed = 0] = await freePorts(1);
    const { status, headers, body } = await askThrough({ ...behind(), verify: closed });
    expect([status, headers['content-type'], headers['cache-control'], headers['retry-after']]).toEqual([
      503,
      'application/problem+json',
      'no-store',
      '1',
    ]);
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:sallyport:problem:unavailable', code: 'unavailable' });
  });

  it.skipIf(isMissing)('answers otherwise while the service is away', async () => {
    const [closed = 0] = await freePorts(1);
    const { status, body } = await askThrough({ ...behind(), messages: closed });
    expect(status).toBeGreaterThanOrEqual(502);
    expect(body).not.toContain('sallyport');
  });

  describe('over HTTP/2', () => {
    it.skipIf(isMissing)('asks about the method, host and path that reach the service', async () => {
      const headers = [[':authority', 'gateway.example.com'] as const];
      await sendHttp2Request({ port: gateway.port, method: 'POST', path: `${PATH}?a=1`, headers, body: '{}' });
      expect(upstream.arrived.map(({ method, path, body }) => [method, path, String(body)])).toEqual([
        ['POST', `${PATH}?a=1`, '{}'],
      ]);
      expectAgreement();
    });

    it.skipIf(isMissing).each(Object.entries(PSEUDO_HEADERS))(
      'asks about what the service gets: %s',
      async (_, headers) => {
        // A gateway may answer, or end the stream.
        const request = { port: gateway.port, method: 'POST', path: PATH, headers, body: '{}' };
        await sendHttp2Request(request).catch(() => undefined);
        expectAgreement();
      },
    );
  });

  function behind() {
    const { port } = upstream;
    return { verify: verify.port, tokens: port, messages: port, devices: port };
  }

  /** Sends one request through a gateway of its own. */
  async function askThrough(ports: PortsBehind): Promise<HttpResponse> {
    const other = await startGateway(kind, ports);
    try {
      return await sendRequest({ port: other.port, method: 'GET', path: PATH, headers: [] });
    } finally {
      await other.close();
    }
  }

  async function send(line: string, fields: readonly string[]): Promise<Socket> {
    const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
    socket.write([`${line} HTTP/1.1`, 'Host: gateway', ...fields, '', ''].join('\r\n'));
    return socket;
  }

  /** Expects that what reached the service is in origin form, and what Sallyport was asked about. */
  function expectAgreement(): void {
    for (const [index, { method, path, rawHeaders }] of upstream.arrived.entries()) {
      const asked = verify.asked[index]?.headers ?? {};
      expect([method, path, valueOf(rawHeaders, 'host')]).toEqual([
        asked['x-forwarded-method'],
        asked['x-forwarded-uri'],
        asked['x-forwarded-host'],
      ]);
      expect(path.startsWith(PATH)).toBe(true);
      expect(valueOf(rawHeaders, 'host')).toMatch(/^[\w.-]+$/);
    }
  }
});

const CHALLENGE = 'Bearer realm="sallyport"';

function denial(): Record<string, string> {
  return { 'content-type': 'application/problem+json', 'www-authenticate': CHALLENGE };
}

async function ended(socket: Socket): Promise<void> {
  await once(socket.resume(), 'close');
}

async function firstBytes(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data');
  return chunk;
}

function identityOf({ arrived }: Upstream): Record<string, string | undefined> {
  const { rawHeaders = [] } = arrived[0] ?? {};
  return Object.fromEntries(Object.keys(IDENTITY).map((name) => [name, valueOf(rawHeaders, name)]));
}

/** The only value of a field; fails the test if there are two. */
function valueOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted);
  expect(values.length).toBeLessThanOrEqual(1);
  return values[0];
}
