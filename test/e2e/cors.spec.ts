import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS } from '../../deploy/gateways/kinds.ts';
import { findChromium } from '../../tools/chromium.ts';
import { openVisitor, startBrowser } from '../support/servers/browser.ts';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { installedGateways } from '../support/servers/gateways/gateway.ts';
import { startGatewayPlatform } from '../support/servers/gateways/platform.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const MESSAGES = '/3rdparty/v1/messages';
const OTHER = 'https://evil.example';
const chromium = await findChromium();

let services: Services;
let sallyport: Sallyport;
let envoy: RunningEnvoy;
let app: Server;
let origin: string;
/** A service that answers CORS by itself, and more generously. */
let generous: Server;

/** Envoy's own filter stands before ext_authz, so that it answers preflights, and completes denials. */
function withOwnFilter(manager: ConnectionManager): void {
  const type = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3';
  // The manager's type knows only the filters of envoy.yaml.
  const filters: unknown[] = manager.http_filters;
  filters.unshift({ name: 'envoy.filters.http.cors', typed_config: { '@type': `${type}.Cors` } });
  Object.assign(manager.route_config.virtual_hosts[0], {
    typed_per_filter_config: {
      'envoy.filters.http.cors': {
        '@type': `${type}.CorsPolicy`,
        allow_origin_string_match: [{ exact: 'https://own.example' }],
        allow_methods: 'GET, POST',
        allow_headers: 'authorization',
      },
    },
  });
}

const LISTENERS = [
  { name: 'plain', normalises: true, rawHeaders: true, edit: () => {} },
  { name: 'own filter', normalises: true, rawHeaders: true, edit: withOwnFilter },
];

function patient(config: Record<string, unknown>): void {
  config['timeouts'] = { decision: '5s' };
}

function configure(config: Record<string, unknown>): void {
  patient(config);
  Object.assign(config, {
    cors: { origins: [origin, 'https://*.example.org'], exposeHeaders: ['x-request-id'] },
  });
  const routes = config['routes'] as Record<string, unknown>[];
  for (const route of routes) if (route['path'] === '/health') route['cors'] = false;
}

beforeAll(async () => {
  app = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>app</title>'));
  generous = createServer((_, response) =>
    response.writeHead(200, { 'access-control-allow-origin': OTHER, vary: 'Accept' }).end('{}'),
  );
  for (const server of [app, generous]) await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${portOf(app)}`;
  services = await startServices();
  sallyport = await startSallyport({ env: WITH_ACCOUNT, edit: configure });
  const { extAuthz, tokens } = sallyport.ports;
  const upstreams = { sallyport: extAuthz, tokens, ...services.ports, devices: portOf(generous) };
  envoy = await startEnvoy(upstreams, { listeners: LISTENERS });
});

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  services.close();
  for (const server of [app, generous]) server.close().closeAllConnections();
});

beforeEach(() => {
  services.received.length = 0;
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

type Fields = readonly (readonly [string, string])[];

function send(method: string, path: string, headers: Fields, listener = 'plain'): Promise<HttpResponse> {
  const port = envoy.gateways.find(({ name }) => name === listener)?.port ?? 0;
  return sendRequest({ port, method, path, headers });
}

function preflight(from: string, method: string, ...more: Fields): Fields {
  return [['Origin', from], ['Access-Control-Request-Method', method], ...more];
}

describe('through Envoy', () => {
  it('answers a preflight, which reaches no service', async () => {
    const headers = preflight(origin, 'POST', ['Access-Control-Request-Headers', 'authorization,content-type']);
    const answer = await send('OPTIONS', `${MESSAGES}?x=1`, headers);
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    expect(services.received).toEqual([]);
  });

  it.each<[string, () => Fields, string]>([
    ['of a page that no rule lists', () => preflight(OTHER, 'POST'), MESSAGES],
    [
      'of a path that ends like a listed origin',
      () => preflight('https://evil.example/.example.org', 'POST'),
      MESSAGES,
    ],
    ['for a method without a route', () => preflight(origin, 'DELETE'), MESSAGES],
    [
      'for a header that the rule does not list',
      () => preflight(origin, 'POST', ['Access-Control-Request-Headers', 'x-auth-subject']),
      MESSAGES,
    ],
    ['from two origins', () => [...preflight(origin, 'POST'), ['Origin', origin]], MESSAGES],
    ['with a credential', () => preflight(origin, 'POST', ['Authorization', OWNER]), MESSAGES],
    ['on a path without a route', () => preflight(origin, 'GET'), '/nothing'],
  ])('denies a preflight %s', async (_, headers, path) => {
    const answer = await send('OPTIONS', path, headers());
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('access-control-allow-methods');
    expect(services.received).toEqual([]);
  });

  it('decides OPTIONS by its routes where a route ends the rule', async () => {
    expect((await send('OPTIONS', '/health', preflight(origin, 'GET'))).headers).not.toHaveProperty('vary');
  });

  it('lets a page read a denial', async () => {
    const answer = await send('GET', MESSAGES, [['Origin', 'https://app.example.org']]);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      'access-control-expose-headers': 'www-authenticate, retry-after, dpop-nonce, x-request-id',
      vary: 'Origin',
    });
  });

  it('lets no other page read a denial', async () => {
    const answer = await send('GET', MESSAGES, [['Origin', OTHER]]);
    expect(answer.status).toBe(401);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('replaces what a service says of CORS, and completes Vary', async () => {
    const answer = await send('GET', '/3rdparty/v1/devices', [
      ['Origin', origin],
      ['Authorization', OWNER],
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Accept,Origin' });
  });

  it('leaves preflights to a filter of Envoy before ext_authz, which also completes denials', async () => {
    const own = 'https://own.example';
    const answered = await send('OPTIONS', MESSAGES, preflight(own, 'POST'), 'own filter');
    expect([answered.status, answered.headers['access-control-allow-origin']]).toEqual([200, own]);
    const denied = await send('GET', MESSAGES, [['Origin', own]], 'own filter');
    expect([denied.status, denied.headers['access-control-allow-origin']]).toEqual([401, own]);
  });
});

describe('in Chromium', () => {
  it.skipIf(chromium === undefined)('a page of another origin reads an answer, and why it was denied', async () => {
    const browser = await startBrowser(chromium ?? '');
    try {
      const { page } = await openVisitor(browser);
      await page.goto(origin);
      const url = `http://127.0.0.1:${envoy.gateways[0]?.port}${MESSAGES}`;
      const read = (authorization: string) =>
        page.evaluate(`fetch(${JSON.stringify(url)}, { headers: { authorization: ${JSON.stringify(authorization)} } })
          .then(async (answer) => [answer.status, await answer.json(), answer.headers.get('www-authenticate')])`);
      expect(await read(OWNER)).toEqual([200, expect.anything(), null]);
      expect(await read('Bearer a.b.c')).toEqual([
        401,
        expect.objectContaining({ code: 'token_invalid' }),
        expect.stringContaining('invalid_token'),
      ]);
    } finally {
      await browser.close();
    }
  });
});

const ANSWERING = await installedGateways(GATEWAYS.filter(({ mode }) => mode !== 'forwarded'));

describe.each(ANSWERING)('through $label', ({ kind, isMissing }) => {
  it.skipIf(isMissing)('answers preflights, and lets pages read denials', async () => {
    const platform = await startGatewayPlatform(kind, { env: WITH_ACCOUNT, edit: configure });
    try {
      const { port } = platform.gateway;
      const ask = (method: string, headers: Fields) => sendRequest({ port, method, path: MESSAGES, headers });
      const answer = await ask('OPTIONS', preflight(origin, 'POST'));
      expect(answer).toMatchObject({ status: 204, body: '' });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST',
        'access-control-max-age': '600',
      });
      const denied = await ask('GET', [['Origin', origin]]);
      expect(denied.status).toBe(401);
      expect(denied.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
      const allowed = await ask('GET', [
        ['Origin', origin],
        ['Authorization', OWNER],
      ]);
      expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([200, origin]);
      expect(platform.services.received.map(({ method }) => method)).toEqual(['GET']);
    } finally {
      await platform.close();
    }
  });
});

/** The lines of docs/browsers.md for gateways that have only "pass" and "deny" from Sallyport. */
const LINES = { caddy: 'caddyfile', haproxy: 'haproxy' };

describe.each(await installedGateways(GATEWAYS.filter(({ name }) => name in LINES)))(
  'with the lines of docs/browsers.md, $label',
  ({ kind, isMissing }) => {
    it.skipIf(isMissing)('answers preflights, and lets pages read', async () => {
      const page = readFileSync(new URL('../../docs/browsers.md', import.meta.url), 'utf8');
      const lines = new RegExp(`\`\`\`${LINES[kind.name as keyof typeof LINES]}\n([^\`]*)\`\`\``).exec(page)?.[1] ?? '';
      const mark = '# 2. Sallyport decides';
      const platform = await startGatewayPlatform(kind, { env: WITH_ACCOUNT, edit: patient }, [
        [mark, `${lines}\n${mark}`],
      ]);
      try {
        const { port } = platform.gateway;
        const ask = (method: string, headers: Fields) => sendRequest({ port, method, path: MESSAGES, headers });
        const own = 'https://app.example.com';
        const answer = await ask('OPTIONS', preflight(own, 'POST'));
        expect(answer).toMatchObject({ status: 204, body: '' });
        expect(answer.headers).toMatchObject({
          'access-control-allow-origin': own,
          'access-control-allow-methods': 'GET, POST',
          vary: expect.stringContaining('Origin'),
        });
        const denied = await ask('GET', [['Origin', own]]);
        expect([denied.status, denied.headers['access-control-allow-origin']]).toEqual([401, own]);
        const allowed = await ask('GET', [
          ['Origin', own],
          ['Authorization', OWNER],
        ]);
        expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([200, own]);
        expect((await ask('OPTIONS', preflight(OTHER, 'POST'))).status).toBe(403);
        expect((await ask('GET', [['Origin', OTHER]])).headers).not.toHaveProperty('access-control-allow-origin');
        expect(platform.services.received.map(({ method }) => method)).toEqual(['GET']);
      } finally {
        await platform.close();
      }
    });
  },
);
