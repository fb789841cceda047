import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import { encodeFields } from '../../src/http2/hpack/encoder.ts';
import { frame } from '../support/http2/frames.ts';
import { RawClient } from '../support/http2/raw-client.ts';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { sendRawRequest } from '../support/servers/raw-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];
const GUARDED = new Set<string>([...IDENTITY, ...OVERRIDE_HEADERS]);
const SPOOFED = [
  ...GUARDED,
  ...[...GUARDED].flatMap((name) => [name.replaceAll('-', '_'), name.replaceAll('-', '.'), name.replace('-', '_')]),
  'x-auth_scopes',
  'x_auth.token-id',
].filter((name, index, all) => all.indexOf(name) === index);

const END_HEADERS_AND_STREAM = 5;

const EVERY_X = [{ prefix: 'x_' }, { prefix: 'x.' }, { prefix: 'x-' }];

/** Each listener tests either Envoy's removal or Sallyport's, with the other one turned off. */
const GATEWAYS = [
  gateway('allowed_headers', false, (manager) => {
    extAuthzOf(manager).allowed_headers = { patterns: [{ exact: 'authorization' }] };
  }),
  gateway('allowed_headers, not raw', false, (manager) => {
    extAuthzOf(manager).encode_raw_headers = false;
    extAuthzOf(manager).allowed_headers = { patterns: [{ exact: 'authorization' }] };
  }),
  gateway('disallowed_headers that hide pseudo-headers', false, (manager) => {
    extAuthzOf(manager).disallowed_headers = { patterns: [...EVERY_X, { exact: ':path' }] };
  }),
  gateway('ext_authz turned off for every route', true, (manager) => {
    for (const route of manager.route_config.virtual_hosts[0].routes) {
      route.typed_per_filter_config = {
        'envoy.filters.http.ext_authz': {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
          disabled: true,
        },
      };
    }
  }),
  gateway('failure_mode_allow', true, (manager) => {
    extAuthzOf(manager).failure_mode_allow = true;
  }),
  gateway('disallowed_headers that show pseudo-headers', false, (manager) => {
    extAuthzOf(manager).disallowed_headers = { patterns: EVERY_X };
  }),
];

function gateway(name: string, removesItself: boolean, edit: (manager: ConnectionManager) => void) {
  const allowUnderscores = (manager: ConnectionManager): void => {
    manager.common_http_protocol_options.headers_with_underscores_action = 'ALLOW';
    edit(manager);
  };
  return { name, normalises: removesItself, rawHeaders: true, edit: allowUnderscores };
}

function extAuthzOf(manager: ConnectionManager) {
  return manager.http_filters[0].typed_config;
}

let services: Services;
let sallyport: Sallyport;
let envoy: RunningEnvoy;

beforeAll(async () => {
  services = await startServices();
  sallyport = await startSallyport({ env: WITH_ACCOUNT, edit: patient });
  const { extAuthz, tokens } = sallyport.ports;
  envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, { listeners: GATEWAYS });
});

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  services.close();
});

beforeEach(() => {
  services.received.length = 0;
});

describe.each(['allowed_headers', 'allowed_headers, not raw', 'disallowed_headers that hide pseudo-headers'])(
  'with %s, an upstream receives only the true identity',
  (name) => {
    it('of an account', async () => {
      expect(await guardedOf(name, '/3rdparty/v1/messages', [['Authorization', OWNER]])).toEqual({
        'x-auth-subject': expect.not.stringContaining('spoofed'),
        'x-auth-scopes': 'all:any tokens:manage',
        'x-auth-issuer': 'sallyport',
        'x-auth-scheme': 'basic',
      });
    });

    it('of no one on a public route', async () => {
      expect(await guardedOf(name, '/health')).toEqual({});
    });
  },
);

it('Envoy removes every spelling on a route without ext_authz', async () => {
  expect(await guardedOf('ext_authz turned off for every route', '/3rdparty/v1/messages')).toEqual({});
});

describe('no character of a name lets an identity header through', () => {
  const NAME = 'ext_authz turned off for every route';
  const CHARACTERS = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).filter(
    (character) => !/[a-zA-Z0-9:\r\n]/.test(character),
  );
  const portOf = (): number => envoy.gateways.find(({ name }) => name === NAME)?.port ?? 0;
  const arrived = (): string[] =>
    services.received.flatMap(({ headers }) => Object.keys(headers).filter((name) => name.endsWith('subject')));

  // Envoy refuses most of these names, and then keeps the connection for a second.
  it('over HTTP/1.1', async () => {
    const send = async (name: string): Promise<void> => {
      const headers = [['Host', 'api.example.com'] as const, [name, 'root'] as const];
      await sendRawRequest({ host: '127.0.0.1', port: portOf() }, { line: 'GET /health HTTP/1.1', headers });
    };
    await Promise.all(CHARACTERS.map((character) => send(`x${character}auth${character}subject`)));
    expect(services.received.length).toBeGreaterThan(10);
    expect(arrived()).toEqual([]);
  });

  it('over HTTP/2', async () => {
    const own = { ':method': 'GET', ':scheme': 'http', ':path': '/health', ':authority': 'api.example.com' };
    const send = async (name: string): Promise<void> => {
      const client = await RawClient.open(portOf());
      // A literal field, not indexed, with a new name (RFC 7541, section 6.2.2).
      const field = Buffer.from(`\0${String.fromCharCode(name.length)}${name}\x04root`, 'latin1');
      client.send(frame(1, END_HEADERS_AND_STREAM, 1, Buffer.concat([encodeFields(Object.entries(own)), field])));
      // An answer, RST_STREAM or GOAWAY.
      await client.frame(({ type, id }) => (id === 1 && [1, 3].includes(type)) || type === 7).catch(() => undefined);
      client.socket.destroy();
    };
    await Promise.all(CHARACTERS.map((character) => send(`x${character}auth${character}subject`)));
    expect(services.received.length).toBeGreaterThan(10);
    expect(arrived()).toEqual([]);
  });
});

it('identity.everySpelling removes what disallowed_headers hide while they show pseudo-headers', async () => {
  const name = 'disallowed_headers that show pseudo-headers';
  expect(await guardedOf(name, '/health')).not.toEqual({});
  await sallyport.rewrite((config) => {
    patient(config);
    config['identity'] = { everySpelling: true };
  });
  await expect.poll(() => guardedOf(name, '/health'), { timeout: 15_000 }).toEqual({});
});

it('Envoy removes every spelling if failure_mode_allow passes a request while Sallyport is down', async () => {
  await sallyport.kill9();
  expect(await guardedOf('failure_mode_allow', '/3rdparty/v1/messages')).toEqual({});
});

/** Hashing passwords is slow while tests run in parallel. */
function patient(config: Record<string, unknown>): void {
  config['timeouts'] = { decision: '5s', store: '1s' };
}

/**
 * Sends requests that together spoof every header in many spellings; resolves to those fields that arrive and that an
 * upstream could read as identity headers.
 */
async function guardedOf(
  name: string,
  path: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<Record<string, unknown>> {
  services.received.length = 0;
  const port = envoy.gateways.find((one) => one.name === name)?.port ?? 0;
  // Envoy accepts at most 100 header fields.
  for (let start = 0; start < SPOOFED.length; start += 60) {
    const spoofed = SPOOFED.slice(start, start + 60).map((header) => [header, 'spoofed'] as const);
    const answer = await sendRequest({ port, method: 'POST', path, headers: [...spoofed, ...headers] });
    expect(answer.status, answer.body).toBeLessThan(300);
  }
  const received = services.received.flatMap((request) => Object.entries(request.headers));
  return Object.fromEntries(received.filter(([header]) => GUARDED.has(header.replace(/[^a-z0-9]/g, '-'))));
}
