import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import { call } from '../support/servers/http-client.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { LOGGED } from '../support/servers/process.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';

const ENV = { AS_SECRET: 'as-secret-of-this-test', PARTNER_SECRET: 'p'.repeat(32) };
const ISSUER = 'https://as.example.com';
const PATH = '/3rdparty/v1/messages';

/** The introspection responses of known tokens, by the bytes that a token encodes. */
const reports = new Map<string, object>();
/** Statuses to answer with instead, by token or for every token. */
let failing: (token: string) => number | undefined;
let server: IssuerServer;
let platform: Platform;

beforeAll(async () => {
  server = await startIssuerServer((request, response) => void answer(request, response));
  platform = await startPlatform({ env: ENV, edit: configure });
});

afterAll(async () => {
  await platform.close();
  await server.stop();
});

beforeEach(() => {
  failing = () => undefined;
});

function configure(config: Record<string, unknown>): void {
  config['limits'] = { token: 20_000 };
  config['timeouts'] = { decision: '10s', store: '5s' };
  const introspection = { url: `${server.origin}/introspect`, clientId: 'gw', clientSecret: { env: 'AS_SECRET' } };
  // The demo's file has a list.
  const issuers = config['issuers'] as object[];
  issuers.push(
    { name: 'legacy-opaque', issuer: ISSUER, audience: 'any', introspection: { ...introspection, cache: '100ms' } },
    // Accepts tokens of any issuer that is not configured.
    { name: 'partner', audience: 'sms', algorithms: ['HS256'], secrets: [{ env: 'PARTNER_SECRET' }] },
  );
}

describe('a server that decodes tokens leniently', () => {
  it.each([
    ['an id', { jti: 'id-1' }],
    ['no id', {}],
  ])('cannot bypass the revocation of a token by another spelling if it reports %s', async (_, more) => {
    const token = issue(more);
    for (const spelling of spellingsOf(token)) expect(await send(spelling)).toBe(202);
    await revoke(token);
    for (const spelling of spellingsOf(token)) await expect.poll(() => send(spelling)).toBe('token_revoked');
    expect(await send(issue({ jti: 'id-2' }))).toBe(202);
  });

  it('cannot bypass a revocation that was written while it was down', async () => {
    const token = issue({ jti: 'id-3' });
    failing = () => 503;
    await revoke(token, /warning: the token could not be verified/);
    failing = () => undefined;
    for (const spelling of spellingsOf(token)) await expect.poll(() => send(spelling)).toBe('token_revoked');
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = new URLSearchParams(await text(request)).get('token') ?? '';
  const status = failing(token);
  if (status !== undefined) response.writeHead(status).end();
  else response.end(JSON.stringify(reports.get(bytesOf(token)) ?? { active: false }));
}

describe('made-up tokens', () => {
  it.each([401, 403, 404, 500, 503])('do not affect good ones if they are answered with %d', async (status) => {
    const good = issue({});
    expect(await send(good)).toBe(202);
    failing = (token) => (token.startsWith('junk') ? status : undefined);
    for (let index = 0; index < 9; index++) expect(await send(`junk-${status}-${index}`)).toBe('unavailable');
    for (const token of [good, issue({}), issue({})]) expect(await send(token)).toBe(202);
    expect(await components()).toEqual([{ issuer: 'legacy-opaque', status: 'ok', failures: 0 }]);
  });
});

describe('an opaque token that is not a plain bearer token', () => {
  it.each([{ cnf: { jkt: 'x' } }, { token_type: 'refresh_token' }, { typ: 'ID' }])('is refused: %j', async (more) => {
    expect(await send(issue(more))).toBe('token_invalid');
  });

  it('passes without such members', async () => {
    expect(await send(issue({ cnf: {}, token_type: null, jti: '', nbf: null }))).toBe(202);
  });
});

it('a token may be as long as limits.token, and the log names the limit', async () => {
  expect(await send(issue({}, 14_000))).toBe(202);
  expect(await send(issue({}, 16_000))).toBe('token_invalid');
  await expect
    .poll(() => platform.sallyport.output(), LOGGED)
    .toContain('"check":"length: over 20000 characters (limits.token)"');
});

describe('a JWT whose iss is that of the server', () => {
  it.each<[iss: unknown, outcome: number | string]>([
    [undefined, 202],
    ['https://else.example.com', 202],
    [ISSUER, 'token_invalid'],
    [[ISSUER], 'token_invalid'],
    [7, 'token_invalid'],
  ])('does not match a profile without an issuer: %j', async (iss, outcome) => {
    const claims = { iss, aud: 'sms', sub: 'alice', scope: 'messages:send' };
    expect(await send(forgeWith({ alg: 'HS256' }, claims, hmac(Buffer.from(ENV.PARTNER_SECRET))))).toBe(outcome);
  });
});

describe('a server that refuses our credentials', () => {
  it('is reported as a wrong configuration', async () => {
    const good = issue({});
    expect(await send(good)).toBe(202);
    failing = () => 401;
    const status = () => send(good).then(components);
    const issuer = 'legacy-opaque';
    // It is probed at most every ten seconds, and an earlier test may have caused a probe.
    await expect.poll(status, { timeout: 20_000 }).toEqual([{ issuer, status: 'misconfigured', failures: 0 }]);
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain('introspection is misconfigured');
    failing = () => undefined;
    await expect.poll(() => send(good)).toBe(202);
    expect(await components()).toEqual([{ issuer, status: 'ok', failures: 0 }]);
  });
});

describe('a server that is down', () => {
  it('receives no requests but probes with a token that was good', async () => {
    const good = issue({});
    expect(await send(good)).toBe(202);
    failing = () => 502;
    const output = () => send(good).then(() => platform.sallyport.output());
    const line = '"failures":3,"cause":"it answered 502","msg":"introspection fails';
    await expect.poll(output, { timeout: 20_000 }).toContain(line);
    const issuer = 'legacy-opaque';
    expect(await components()).toEqual([{ issuer, status: 'failing', failures: expect.any(Number) }]);
    expect(await send('junk')).toBe('unavailable');
    failing = (token) => (token === 'junk' ? 502 : undefined);
    const recovered = [{ issuer, status: 'ok', failures: 0 }];
    await expect.poll(() => send('junk').then(components), { timeout: 20_000 }).toEqual(recovered);
    expect(await send(good)).toBe(202);
  });
});

/** Returns a new token with the scope of {@link PATH}. */
function issue(more: object, length = 32): string {
  const token = randomBytes(length).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  // A unique time of issue, because the claims identify a token without an id.
  const times = { iat: now - 1_000 + reports.size, exp: now + 600 };
  reports.set(bytesOf(token), {
    active: true,
    client_id: 'app',
    sub: 'alice',
    scope: 'messages:send',
    ...times,
    ...more,
  });
  return token;
}

function bytesOf(token: string): string {
  return Buffer.from(token, 'base64url').toString('hex');
}

/** Returns a token and spellings that a lenient decoder accepts: other unused bits, padding, and skipped characters. */
function spellingsOf(token: string): readonly string[] {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const others = Array.from(digits, (digit) => token.slice(0, -1) + digit);
  const same = others.filter((other) => other !== token && bytesOf(other) === bytesOf(token));
  return [token, ...same, `${token}=`, `${token}.`, `~${token}`, `${token.slice(0, 9)}.${token.slice(9)}`];
}

async function revoke(token: string, says = /^revoked /m): Promise<void> {
  const args = ['token', 'revoke', '--token-file', '-', '--config', join(platform.sallyport.folder, 'sallyport.yaml')];
  const { code, output } = await runSallyport(args, { env: ENV, input: token });
  expect(output).toMatch(says);
  expect(code).toBe(0);
}

async function components(): Promise<unknown> {
  const { body } = await call(platform.sallyport.ports.admin, 'GET', '/readyz');
  return JSON.parse(body).components.introspection;
}

/** Resolves to the status of a request that passed, or to the code of a denial. */
async function send(token: string): Promise<number | string> {
  const { status, body } = await platform.call('POST', PATH, `Bearer ${token}`, {});
  return status < 400 ? status : JSON.parse(body).code;
}
