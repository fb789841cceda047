import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ForwardAuthMode } from '../../src/config/config.ts';
import { FORWARD_AUTH_MODES } from '../../src/config/config.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { LOGGED } from '../support/servers/process.ts';
import { sendRawRequest, valuesOf } from '../support/servers/raw-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { startVerify, type Verify } from '../support/servers/verify.ts';
import { denialOf, QUESTIONS } from './forward-auth-client.ts';
import type { Field, Passes, PlaceCase } from './place-cases.ts';
import { BASE, HOST, PLACE_CASES, PLACE_ROUTES } from './place-cases.ts';

/** The fields that may hold a credential, or what is left of them. */
const FIELDS = [
  'authorization',
  'x-api-key',
  'x.api.key',
  'x-serverless-authorization',
  'cookie',
  'sec-websocket-protocol',
];

interface Received {
  readonly path: string;
  readonly fields: readonly Field[];
}

let issuers: CaseIssuers;
let tokens: Readonly<Record<'token' | 'other', string>>;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  const token = corporateToken(issuers, 'ES256', claims());
  tokens = { token, other: corporateToken(issuers, 'ES256', claims({ sub: 'bob' })) };
});

afterAll(() => issuers.close());

function edit(config: Record<string, unknown>): void {
  issuers.configure(config);
  // The demo's file has them as a list.
  (config['routes'] as object[]).push(...PLACE_ROUTES);
}

function filled(text: string): string {
  const { token, other } = tokens;
  return text
    .replaceAll('{token}', token)
    .replaceAll('{other}', other)
    .replaceAll('{base64url}', Buffer.from(token).toString('base64url'));
}

function requestOf({ method = 'GET', path, fields = [] }: PlaceCase) {
  const headers = fields.map(([name, value]) => [name, filled(value)] as const);
  return { method, path: filled(path), host: HOST, headers };
}

function passes(expected: PlaceCase['expected']): expected is Passes {
  return typeof expected === 'object';
}

function filledFields({ upstream }: Passes): readonly Field[] {
  return upstream.map(([name, value]) => [name, filled(value)]);
}

const byName = ([one]: Field, [other]: Field): number => one.localeCompare(other);

function expectNoToken(written: string): void {
  for (const token of Object.values(tokens)) {
    expect(written).not.toContain(token);
    for (const part of token.split('.')) expect(written).not.toContain(part);
  }
}

const GATEWAYS = [true, false].map((rawHeaders) => ({
  name: `encode_raw_headers ${rawHeaders ? 'on' : 'off'}`,
  normalises: true,
  rawHeaders,
  edit: (manager: ConnectionManager) => Object.assign(manager, { upgrade_configs: [{ upgrade_type: 'websocket' }] }),
}));

describe('Envoy', () => {
  const received: Received[] = [];
  const upstream = createServer((request, response) => {
    record(request);
    response.end('ok');
  });
  let sallyport: Sallyport;
  let envoy: RunningEnvoy;

  function record({ url = '', rawHeaders }: IncomingMessage): void {
    const fields = Array.from({ length: rawHeaders.length / 2 }, (_, index): Field => {
      return [rawHeaders[2 * index]?.toLowerCase() ?? '', rawHeaders[2 * index + 1] ?? ''];
    });
    received.push({ path: url, fields });
  }

  beforeAll(async () => {
    upstream.on('upgrade', (request, socket) => {
      record(request);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    // A listening TCP server has an address of this form.
    const { port } = upstream.address() as AddressInfo;
    sallyport = await startSallyport({ env: issuers.env, edit });
    const { extAuthz, tokens: tokensPort } = sallyport.ports;
    const ports = { sallyport: extAuthz, tokens: tokensPort, messages: port, devices: port };
    envoy = await startEnvoy(ports, { listeners: GATEWAYS });
  });

  afterAll(async () => {
    await envoy.close();
    await sallyport.close();
    upstream.close().closeAllConnections();
  });

  beforeEach(() => {
    received.length = 0;
  });

  describe.each(GATEWAYS.map(({ name, rawHeaders }, index) => ({ name, rawHeaders, index })))(
    '$name',
    ({ rawHeaders, index }) => {
      const portOf = (): number => envoy.gateways[index]?.port ?? 0;

      it.each(PLACE_CASES.filter(({ rawOnly }) => rawHeaders || rawOnly !== true))('$name', async (wanted) => {
        const { method, path, host, headers } = requestOf(wanted);
        const answer = await sendRawRequest(
          { host: '127.0.0.1', port: portOf() },
          { line: `${method} ${path} HTTP/1.1`, headers: [['Host', host], ...headers] },
        );
        if (!passes(wanted.expected)) {
          expect(method === 'HEAD' || JSON.parse(answer.body).code).toBe(wanted.expected);
          expect(received).toEqual([]);
          return;
        }
        expect([answer.status, answer.body]).toEqual([200, method === 'HEAD' ? '' : 'ok']);
        const [arrived] = received;
        expect(arrived?.path).toBe(wanted.expected.path === undefined ? path : `${BASE}${wanted.expected.path}`);
        const fields = arrived?.fields.filter(([name]) => FIELDS.includes(name)) ?? [];
        expect(fields.toSorted(byName)).toEqual(filledFields(wanted.expected).toSorted(byName));
        const subject = arrived?.fields.find(([name]) => name === 'x-auth-subject')?.[1];
        expect(subject).toBe(wanted.expected.identity === false ? undefined : 'alice');
      });

      it('reads a cookie that HTTP/2 splits', async () => {
        const crumbs = ['a=1', `__Host-session=${tokens.token}`, 'b=2'].map((crumb) => ['cookie', crumb] as const);
        const headers = [[':authority', HOST], ['origin', `https://${HOST}`], ...crumbs] as const;
        const asked = { port: portOf(), method: 'POST', path: `${BASE}/cookie`, headers };
        expect((await sendHttp2Request(asked)).status).toBe(200);
        expect(received[0]?.fields.filter(([name]) => name === 'cookie')).toEqual([['cookie', 'a=1; b=2']]);
      });

      it.each([
        ['of the same origin', `https://${HOST}`, 101],
        ['of an origin that is listed', 'https://app.example.com', 101],
        ['of another origin', 'https://evil.example', 401],
        ['without an origin', undefined, 401],
      ])('decides a WebSocket with a cookie %s', async (_, origin, status) => {
        const fields = [
          `Cookie: __Host-session=${tokens.token}`,
          ...(origin === undefined ? [] : [`Origin: ${origin}`]),
        ];
        expect(await handshake(portOf(), `${BASE}/cookie`, fields)).toBe(status);
        expect(received.length).toBe(status === 101 ? 1 : 0);
      });

      it('passes a WebSocket with a token among its subprotocols on, without the token', async () => {
        const fields = [`Sec-WebSocket-Protocol: chat.v1, bearer, ${tokens.token}`, 'Origin: https://evil.example'];
        expect(await handshake(portOf(), `${BASE}/websocket`, fields)).toBe(101);
        const protocols = received[0]?.fields.filter(([name]) => name === 'sec-websocket-protocol');
        expect(protocols).toEqual([['sec-websocket-protocol', 'chat.v1']]);
      });
    },
  );

  it('writes no token to any log', async () => {
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"check":"origin"');
    expectNoToken(sallyport.output());
    expectNoToken(envoy.output());
  });
});

/** Resolves to the status of a WebSocket handshake. */
async function handshake(port: number, path: string, fields: readonly string[]): Promise<number> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const usual = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${HOST}`, ...usual, ...fields, '', ''].join('\r\n'));
  const [answer = ''] = (await once(socket, 'data')) as [string?];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

describe.each(FORWARD_AUTH_MODES)('/auth, mode %s', (mode) => {
  let verify: Verify;

  beforeAll(async () => {
    verify = await startVerify({ listener: { address: '127.0.0.1:0', mode }, env: issuers.env, edit });
  });

  afterAll(() => verify.close());

  it.each(PLACE_CASES.filter((wanted) => isAskedAt(mode, wanted)))('$name', async (wanted) => {
    const request = requestOf(wanted);
    const answer = await sendRawRequest({ host: '127.0.0.1', port: verify.port }, QUESTIONS[mode](request));
    const expected = expectedAt(mode, wanted);
    if (!passes(expected)) {
      expect(answer.status).not.toBe(200);
      if (request.method !== 'HEAD' || mode !== 'path') {
        expect(JSON.parse(denialOf(mode, answer).body).code).toBe(expected);
      }
      return;
    }
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(valuesOf(answer, 'x-auth-subject')).toEqual(expected.identity === false ? [] : ['alice']);
    const copied = FIELDS.flatMap((name) => valuesOf(answer, name).map((value): Field => [name, value]));
    if (mode !== 'path') {
      expect(copied.toSorted(byName)).toEqual(filledFields(expected).toSorted(byName));
      return;
    }
    const removed = valuesOf(answer, 'x-envoy-auth-headers-to-remove').join(',').split(',');
    const set = new Map(copied);
    const sent = new Map(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const left = FIELDS.flatMap((name): Field[] => {
      const value = removed.includes(name) ? undefined : (set.get(name) ?? sent.get(name));
      return value === undefined ? [] : [[name, value]];
    });
    expect(left.toSorted(byName)).toEqual(filledFields(expected).toSorted(byName));
  });

  it('writes no token to its log', () => {
    expect(verify.lines.join('')).toContain('"check":"query not removed"');
    expectNoToken(verify.lines.join(''));
  });
});

/** Gateways of these modes refuse some cases themselves. */
function isAskedAt(mode: ForwardAuthMode, { fields = [] }: PlaceCase): boolean {
  return mode === 'path' || fields.every(([name]) => !name.includes('.'));
}

function expectedAt(mode: ForwardAuthMode, { expected, overHttp, ifHidden }: PlaceCase): PlaceCase['expected'] {
  return overHttp ?? (mode === 'path' ? ifHidden : undefined) ?? expected;
}
