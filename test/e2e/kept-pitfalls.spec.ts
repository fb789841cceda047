import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeptParts, keeping } from '../support/kept/keeping.ts';
import { type KeptPlatform, startKeptPlatform } from '../support/kept/kept-platform.ts';
import { ChangedScripts } from '../support/kept/scripts.ts';
import { claims, corporateToken } from '../support/servers/case-issuers.ts';
import type { ConnectionManager, Route } from '../support/servers/envoy.ts';

const LUA = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua';
const PER_ROUTE = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute';
const UNASKED = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute';
const MESSAGES = '/3rdparty/v1/messages';
const ASKED = ['200', '200', '200', '200'];
const KEPT = ['200', '200', '200 kept', '200 kept'];

const scripts = new ChangedScripts();
let platform: KeptPlatform;

/** A gateway whose name is that of its mistake or trait. */
function gateway(name: string, change: (parts: KeptParts, manager: ConnectionManager) => void, normalises = true) {
  return { name, normalises, rawHeaders: true, edit: keeping(change) };
}

function lua(code: string) {
  return { name: 'another.lua', typed_config: { '@type': LUA, default_source_code: { inline_string: code } } };
}

function useScript(name: string, file: () => string) {
  return gateway(name, (parts) => {
    parts.code['source_code'] = { filename: file() };
  });
}

/** A route for requests with `x-variant: 1`, in front of all others. */
function addVariant(manager: ConnectionManager, more: Partial<Route>): void {
  const match = { prefix: MESSAGES, headers: [{ name: 'x-variant', string_match: { exact: '1' } }] };
  manager.route_config.virtual_hosts[0].routes.unshift({ match, route: { cluster: 'devices' }, ...more });
}

/** A route for the identity that Sallyport names, which only counts once ext_authz has set it. */
function addRouteOfAlice(manager: ConnectionManager): void {
  const match = { prefix: MESSAGES, headers: [{ name: 'x-auth-subject', string_match: { exact: 'alice' } }] };
  manager.route_config.virtual_hosts[0].routes.unshift({ match, route: { cluster: 'devices' } });
  Object.assign(manager.http_filters[0].typed_config, { clear_route_cache: true });
}

/** Makes a gateway name the facts of an answer in fields of its responses. */
function showFacts({ route_config: routes }: ConnectionManager): void {
  const fact = (name: string) => ({
    header: { key: `x-${name}`, value: `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:${name})%` },
  });
  Object.assign(routes.virtual_hosts[0], { response_headers_to_add: FACTS.map(fact) });
}

const FORGE = `function envoy_on_request(handle)
  if handle:headers():get("x-forge") then handle:streamInfo():dynamicMetadata():set("sallyport.kept", "decided", true) end
end`;
const REWRITE = `function envoy_on_request(handle) handle:headers():replace(":path", "${MESSAGES}?rewritten") end`;
const REDIRECT = `function envoy_on_request(handle) handle:headers():replace(":path", "${MESSAGES}/x/me") end`;

const GATEWAYS = [
  gateway('as it is', () => {}),
  gateway('metadata forged in front', ({ front }) => void front.unshift(lua(FORGE))),
  gateway('metadata forged behind', ({ behind }) => void behind.push(lua(FORGE))),
  gateway('filter_enabled_metadata forgotten', ({ extAuthz }) => void delete extAuthz['filter_enabled_metadata']),
  gateway('deny_at_disable', ({ extAuthz }) => {
    extAuthz['deny_at_disable'] = { runtime_key: 'deny', default_value: true };
  }),
  gateway('second filter forgotten', ({ behind }) => void behind.splice(0)),
  gateway('first filter forgotten', ({ front }) => void front.splice(0)),
  useScript('empty script', () => scripts.add('-- nothing\n')),
  useScript('no FFI', () => scripts.write(['require("ffi")', 'require("no such module")'])),
  useScript('error in a hit', () => scripts.write(['  isPassing = true\n', '  error("broken")\n'])),
  gateway('path rewritten in between, query only', ({ front }) => void front.push(lua(REWRITE))),
  gateway('path rewritten in between', ({ front }) => void front.push(lua(REDIRECT))),
  gateway('two routes', (_, manager) => addVariant(manager, {})),
  gateway('two routes, one without the script', (_, manager) => {
    addVariant(manager, { typed_per_filter_config: { 'sallyport.kept': { '@type': PER_ROUTE, disabled: true } } });
  }),
  gateway('a route that is not asked about', (_, manager) => {
    const off = { 'envoy.filters.http.ext_authz': { '@type': UNASKED, disabled: true } };
    addVariant(manager, { typed_per_filter_config: off });
  }),
  gateway('routes by identity', ({ front, behind }, manager) => {
    addRouteOfAlice(manager);
    for (const { typed_config: config } of [...front, ...behind]) delete config['clear_route_cache'];
  }),
  gateway('routes by identity, cached', (_, manager) => addRouteOfAlice(manager)),
  gateway('stripped, but nothing strips', () => {}, false),
  gateway('upgrades', (_, manager) => {
    manager.upgrade_configs = [{ upgrade_type: 'websocket' }];
    Object.assign(manager, { http2_protocol_options: { allow_connect: true } });
  }),
  gateway('internal redirects', (_, { route_config: routes }) => {
    for (const { route } of routes.virtual_hosts[0].routes) {
      if (route !== undefined) Object.assign(route, { internal_redirect_policy: {} });
    }
  }),
  gateway('facts', (_, manager) => showFacts(manager)),
  gateway('two facts', (parts, manager) => {
    parts.code['filter_context'] = { stripped: true, facts: ['subject', 'limit'] };
    showFacts(manager);
  }),
  gateway('no facts', (parts, manager) => {
    parts.code['filter_context'] = { stripped: true, facts: [] };
    showFacts(manager);
  }),
];

const FACTS = [
  'outcome',
  'issuer',
  'subject',
  'token_id',
  'scheme',
  'scopes',
  'tier',
  'limit',
  'beta',
  'keep_ms',
  'keep_route',
];

beforeAll(async () => {
  platform = await startKeptPlatform({ listeners: GATEWAYS }, (config) => {
    config['identity'] = { ...Object(config['identity']), metadata: { tier: 'tier', limit: 'limit', beta: 'beta' } };
  });
});

afterAll(async () => {
  await platform.close();
  scripts.remove();
});

function bearer(payload: Record<string, unknown> = {}): string {
  return `Bearer ${corporateToken(platform.issuers, 'EdDSA', claims(payload))}`;
}

/** Sends one token four times. */
async function four(name: string, fields: Readonly<Record<string, string>> = {}, token = bearer()): Promise<string[]> {
  const results: string[] = [];
  for (let time = 1; time <= 4; time++) results.push(await platform.send(name, token, fields));
  return results;
}

/** Sends one token three times; resolves to the facts that the gateway shows each time, absent ones as null. */
async function factsOf(name: string): Promise<unknown[]> {
  const authorization = bearer({ tier: 'gold', limit: 1.5, beta: false });
  const seen: unknown[] = [];
  for (let time = 1; time <= 3; time++) {
    const response = await fetch(`http://127.0.0.1:${platform.portOf(name)}${MESSAGES}`, {
      headers: { authorization },
    });
    seen.push(Object.fromEntries(FACTS.map((fact) => [fact, response.headers.get(`x-${fact}`)])));
  }
  return seen;
}

describe('a mistake that lets requests pass', () => {
  it('a filter in front that writes our metadata switches the authorization off', async () => {
    expect(await platform.send('metadata forged in front', 'Bearer another')).toBe('401');
    expect(await platform.send('metadata forged in front', 'Bearer another', { 'x-forge': '1' })).toBe('200 kept');
  });

  it('`stripped` without the removal of headers lets other spellings pass', async () => {
    const fields = { 'x.auth.subject': 'root' };
    const token = bearer();
    expect(await four('stripped, but nothing strips', {}, token)).toEqual(KEPT);
    platform.messages.arrived.length = 0;
    expect(await platform.send('stripped, but nothing strips', token, fields)).toBe('200 kept');
    expect(platform.messages.arrived[0]?.rawHeaders).toContain('x.auth.subject');
  });

  it('two routes for one method, host and path share answers', async () => {
    const token = bearer();
    await four('two routes', {}, token);
    expect(await platform.send('two routes', token, { 'x-variant': '1' })).toBe('200 kept');
  });
});

describe('a mistake that denies requests', () => {
  // The hit never reaches the second filter, so the request after it is asked about.
  it('filter_enabled_metadata is forgotten: each hit is asked about without its credential', async () => {
    expect(await four('filter_enabled_metadata forgotten')).toEqual(['200', '200', '401 kept', '200']);
  });

  it('deny_at_disable is on: each hit is refused', async () => {
    expect(await four('deny_at_disable')).toEqual(['200', '200', '503 kept', '200']);
  });

  it('the script fails in a hit: it is asked about without its credential', async () => {
    expect(await four('error in a hit')).toEqual(['200', '200', '401', '401']);
    expect(await platform.send('error in a hit', bearer())).toBe('200');
  });
});

describe('a mistake that only costs time', () => {
  it.each(['second filter forgotten', 'first filter forgotten', 'empty script', 'no FFI', 'path rewritten in between'])(
    '%s: every request is asked about',
    async (name) => {
      expect(await four(name)).toEqual(ASKED);
    },
  );

  it('the log says once that there are no clocks', async () => {
    await four('no FFI');
    const lines = () => platform.envoy.output().split('nothing is kept').length - 1;
    await expect.poll(lines).toBe(1);
  });

  it('a filter in between that changes the query alone does no harm', async () => {
    expect(await four('path rewritten in between, query only')).toEqual(KEPT);
  });
});

describe('what is right', () => {
  it('metadata that a filter behind ext_authz writes has no effect', async () => {
    expect(await platform.send('metadata forged behind', 'Bearer another', { 'x-forge': '1' })).toBe('401');
  });

  it('a route without the script is asked about, whatever is kept for others', async () => {
    const name = 'two routes, one without the script';
    const token = bearer();
    expect(await four(name, {}, token)).toEqual(KEPT);
    expect(await four(name, { 'x-variant': '1' }, token)).toEqual(ASKED);
    expect(await platform.send(name, token)).toBe('200 kept');
  });

  it('where ext_authz is off, nothing is kept, and no answer is made up', async () => {
    const name = 'a route that is not asked about';
    const token = bearer();
    expect(await four(name, { 'x-variant': '1' }, token)).toEqual(ASKED);
    expect(await platform.send(name, token)).toBe('200');
    expect(await platform.send(name, token)).toBe('200 kept');
  });

  it('a hit takes the route of its identity, if both filters clear the route cache as ext_authz does', async () => {
    platform.devices.arrived.length = 0;
    expect(await four('routes by identity')).toEqual(KEPT);
    expect(platform.devices.arrived).toHaveLength(4);
    await four('routes by identity, cached');
    expect(platform.devices.arrived).toHaveLength(6);
  });

  it('log lines, rate limits and RBAC read the same of a hit, numbers and booleans too', async () => {
    const seen = await factsOf('facts');
    const { keep_ms: keepMs, keep_route: route, ...facts } = Object(seen[1]);
    expect([Number(keepMs) > 0, route]).toEqual([true, MESSAGES]);
    expect(facts).toMatchObject({ outcome: 'allow', tier: 'gold', limit: '1.5', beta: 'false' });
    expect(seen[2]).toEqual({ ...facts, keep_ms: null, keep_route: null });
  });

  it('a hit has only the facts that the configuration names, and the same identity', async () => {
    const absent = Object.fromEntries(FACTS.map((name) => [name, null]));
    const [, asked, two] = await factsOf('two facts');
    expect(asked).toMatchObject({ outcome: 'allow', subject: 'alice', tier: 'gold' });
    expect(two).toEqual({ ...absent, subject: 'alice', limit: '1.5' });
    expect((await factsOf('no facts'))[2]).toEqual(absent);
    platform.messages.arrived.length = 0;
    expect(await four('no facts')).toEqual(KEPT);
    const identities = platform.messages.arrived.map(({ rawHeaders }) => [
      rawHeaders.filter((_, index) => rawHeaders[index - 1] === 'x-auth-subject'),
      rawHeaders.includes('authorization'),
    ]);
    expect(identities).toEqual(Array.from({ length: 4 }, () => [['alice'], false]));
  });

  it('many requests at once pass, and hits after them', async () => {
    const token = bearer();
    const atOnce = () => Promise.all(Array.from({ length: 24 }, () => platform.send('as it is', token)));
    expect((await atOnce()).every((result) => result.startsWith('200'))).toBe(true);
    await atOnce();
    expect(await atOnce()).toEqual(Array.from({ length: 24 }, () => '200 kept'));
  });

  it('a client that leaves early leaves nothing behind', async () => {
    const token = bearer();
    await platform.send('as it is', token);
    for (let time = 1; time <= 5; time++) {
      const socket = connect({ host: '127.0.0.1', port: platform.portOf('as it is') });
      socket.write(`GET ${MESSAGES} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${token}\r\n\r\n`);
      await once(socket, 'connect');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    expect(await platform.send('as it is', 'Bearer another')).toBe('401');
    expect((await four('as it is', {}, token)).at(-1)).toBe('200 kept');
  });

  it('WebSockets open by kept answers too', async () => {
    const token = bearer();
    const open = async (): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: platform.portOf('upgrades') }).setEncoding('latin1');
      const fields = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      const head = [`GET ${MESSAGES} HTTP/1.1`, 'Host: a', `Authorization: ${token}`, ...fields, key, '', ''];
      socket.write(head.join('\r\n'));
      const [text] = await once(socket, 'data');
      socket.destroy();
      return `${String(text).slice(9, 12)} ${/^x-kept: ?(.*)\r$/m.exec(String(text))?.[1]}`.trim();
    };
    expect([await open(), await open(), await open(), await open()]).toEqual(['101', '101', '101 true', '101 true']);
  });

  it('so do WebSockets over HTTP/2', async () => {
    const token = bearer();
    const open = async (): Promise<string> => {
      const session = connectHttp2(`http://127.0.0.1:${platform.portOf('upgrades')}`);
      await once(session, 'remoteSettings');
      const fields = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': MESSAGES, authorization: token };
      const stream = session.request(fields, { endStream: false });
      const [headers] = await once(stream, 'response');
      stream.close();
      session.destroy();
      return `${headers[':status']} ${headers['x-kept']}`.trim();
    };
    expect([await open(), await open(), await open(), await open()]).toEqual(['200', '200', '200 true', '200 true']);
  });

  it('a request that Envoy redirects by itself is asked about at its new place', async () => {
    const authorization = bearer({ scope: 'messages:read devices:list' });
    const url = `http://127.0.0.1:${platform.portOf('internal redirects')}${MESSAGES}/moved`;
    platform.devices.arrived.length = 0;
    for (let time = 1; time <= 4; time++) {
      platform.messages.arrived.length = 0;
      const { status } = await fetch(url, { headers: { authorization } });
      // The first service received it without its credential.
      expect([status, platform.messages.arrived.length]).toEqual([401, 1]);
    }
    expect(platform.devices.arrived).toEqual([]);
  });
});
