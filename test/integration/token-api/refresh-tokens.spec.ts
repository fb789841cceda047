import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts } from '../../../src/accounts/accounts.ts';
import { Passwords } from '../../../src/accounts/passwords/passwords.ts';
import { openRedisStore } from '../../../src/store/redis/store.ts';
import { OPERATOR, recordAudit } from '../../support/audit.ts';
import { forgeWith, hmac } from '../../support/jwt/forge.ts';
import { redisConfig, redisForTest } from '../../support/redis/config.ts';
import { connectAccess } from '../../support/servers/access-client.ts';
import { connectChecks } from '../../support/servers/check-client.ts';
import { basic } from '../../support/servers/http-client.ts';
import { runSallyport } from '../../support/servers/run-sallyport.ts';
import { withRevocations } from '../../support/store/revocations.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'a long secret of mine';
const PARTNER_SECRET = 'a secret of the partner, of more than 32 bytes';
const ISSUE = '/3rdparty/v1/auth/token';
const REFRESH = `${ISSUE}/refresh`;

interface Pair {
  readonly id: string;
  readonly access: string;
  readonly refresh: string;
  /** The id of the family. */
  readonly family: string;
}

type Json = Readonly<Record<string, unknown>>;

let service: TokenService;

beforeAll(async () => {
  service = await startTokenService({
    env: { PARTNER: PARTNER_SECRET },
    config: {
      refreshTokens: {},
      listen: {
        tokens: '127.0.0.1:0',
        verify: { address: '127.0.0.1:0', mode: 'nginx' },
        extAuthz: '127.0.0.1:0',
        access: '127.0.0.1:0',
      },
      issuers: [
        OWN_ISSUER,
        {
          name: 'partner',
          issuer: 'https://partner.example.com',
          audience: 'any',
          algorithms: ['HS256'],
          secrets: [{ env: 'PARTNER' }],
          allowScopes: ['messages:send', 'tokens:refresh'],
        },
      ],
      routes: [
        { path: '/messages', scope: 'messages:send' },
        { path: '/me', authenticated: true },
        { path: '/open', public: true },
        { path: '/shadow', scope: 'messages:list', shadow: true },
        { path: '/refresh', scope: 'tokens:refresh' },
      ],
    },
  });
  const scopes = ['messages:send', 'messages:list', 'tokens:manage', 'tokens:refresh'];
  for (const name of ['ada', 'bob', 'carl']) await service.addAccount({ name, password: PASSWORD, scopes });
  await service.addAccount({ name: 'plain', password: PASSWORD, scopes: ['all:any', 'tokens:manage'] });
  await service.addAccount({
    name: 'officer',
    password: PASSWORD,
    scopes: ['revocations:write', 'access:introspect', 'access:check', 'accounts:manage'],
  });
});

afterAll(() => service.close());

async function send(
  method: string,
  path: string,
  authorization: string | undefined,
  body?: object | string,
  headers: object = {},
) {
  const type = typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
  const answer = await fetch(`${service.origin}${path}`, {
    method,
    headers: {
      ...(authorization && { authorization }),
      ...(body !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
}

function pairOf(body: Json): Pair {
  const refresh = String(body['refreshToken']);
  return { id: String(body['id']), access: String(body['accessToken']), refresh, family: decodeJwt(refresh).jti ?? '' };
}

async function issue(name = 'ada', headers: object = {}, more: object = {}) {
  return await send('POST', ISSUE, basic(name, PASSWORD), { scopes: ['messages:send'], ttl: 600, ...more }, headers);
}

async function newPair(name = 'ada'): Promise<Pair> {
  return pairOf((await issue(name)).body);
}

function refresh(token: string, headers: object = {}) {
  return send('POST', REFRESH, `Bearer ${token}`, {}, headers);
}

async function logIn(name: string): Promise<string> {
  const { body } = await send('POST', '/v1/login', undefined, { name, password: PASSWORD });
  return `Bearer ${String(body['access_token'])}`;
}

/** What a gateway reads about a request with this token: its status, and the code of a denial. */
async function ask(token: string, url = '/messages'): Promise<readonly unknown[]> {
  const headers = { authorization: `Bearer ${token}`, 'x-original-method': 'GET', 'x-original-url': url };
  const answer = await fetch(`${service.verify}/auth`, { headers });
  return [
    answer.status,
    answer.status === 200 ? answer.headers.get('x-auth-token-id') : ((await answer.json()) as Json)['code'],
  ];
}

const REVOKED = { status: 401, body: { code: 'token_revoked', message: 'token revoked' } };
const INVALID = { status: 401, body: { code: 'token_invalid', message: 'invalid token' } };

describe('a refresh token', () => {
  it('comes with an access token, under both names, if the account has the scope', async () => {
    const { status, body } = await issue();
    expect(status).toBe(201);
    expect(body).toMatchObject({ token_type: 'Bearer', tokenType: 'Bearer', refresh_token: body['refreshToken'] });
    const { access, refresh: token, id, family } = pairOf(body);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'rt+jwt', alg: 'ES256', kid: expect.any(String) });
    const { iat = 0, ...claims } = decodeJwt(token);
    expect(claims).toEqual({
      iss: 'https://s.local',
      sub: decodeJwt(access).sub,
      jti: expect.stringMatching(/^[\w-]{21}$/),
      exp: iat + 720 * 3_600,
      scopes: ['tokens:refresh'],
      token_use: 'refresh',
      seq: 0,
    });
    expect(decodeJwt(access)).toMatchObject({ jti: id, family, token_use: 'access', scopes: ['messages:send'] });
    const plain = await issue('plain');
    expect([plain.status, 'refresh_token' in plain.body, 'refreshToken' in plain.body]).toEqual([201, false, false]);
    expect(decodeJwt(String(plain.body['access_token']))).not.toHaveProperty('family');
  });

  it('is exchanged for an access token of the same scopes and lifetime, and for the next one', async () => {
    const first = await newPair();
    let token = first.refresh;
    for (let count = 1; count <= 3; count++) {
      const { status, body } = await refresh(token);
      expect(status).toBe(201);
      const next = pairOf(body);
      expect(next).toMatchObject({ family: first.family });
      expect(await ask(next.access)).toEqual([200, next.id]);
      const { iat = 0, exp, scopes, family } = decodeJwt(next.access);
      expect({ exp, scopes, family }).toEqual({ exp: iat + 600, scopes: ['messages:send'], family: first.family });
      expect(decodeJwt(next.refresh)).toMatchObject({ seq: count, jti: first.family });
      token = next.refresh;
    }
    expect(await ask(first.access)).toEqual([200, first.id]);
    const shown = await send('GET', `/v1/tokens/${first.family}`, await logIn('ada'));
    expect(shown.body).toMatchObject({
      token_use: 'refresh',
      refreshes: 3,
      status: 'active',
      scopes: ['messages:send'],
    });
  });

  it('ends with its whole family if it is used twice', async () => {
    const first = await newPair();
    const second = pairOf((await refresh(first.refresh)).body);
    const third = pairOf((await refresh(second.refresh)).body);
    expect(await ask(third.access)).toEqual([200, third.id]);
    service.lines.length = 0;
    expect(await refresh(first.refresh)).toMatchObject(REVOKED);
    for (const { access } of [first, second, third]) expect(await ask(access)).toEqual([401, 'token_revoked']);
    for (const pair of [third, second, first]) expect(await refresh(pair.refresh)).toMatchObject(REVOKED);
    const lines = service.lines.map((line) => JSON.parse(line) as Json);
    expect(lines.filter(({ log }) => log === 'audit')).toMatchObject([
      { msg: 'token revoked', tokenId: first.family, reason: 'a refresh token was used twice' },
      { msg: 'refresh token used twice', family: first.family },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', family: first.family }));
    const listed = await send('GET', `/v1/tokens/${third.id}`, await logIn('ada'));
    expect(listed.body).toMatchObject({
      status: 'revoked',
      family: first.family,
      revoked: { reason: 'a refresh token was used twice' },
    });
    // Another family of the account is not affected.
    expect((await refresh((await newPair()).refresh)).status).toBe(201);
  });

  it('works for one of two requests at once, and its family ends', async () => {
    const { refresh: token, access } = await newPair();
    const answers = await Promise.all([refresh(token), refresh(token)]);
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 401]);
    const winner = pairOf(answers.find(({ status }) => status === 201)?.body ?? {});
    for (const one of [access, winner.access]) expect(await ask(one)).toEqual([401, 'token_revoked']);
    expect(await refresh(winner.refresh)).toMatchObject(REVOKED);
  });

  it('with an Idempotency-Key gives the same answer again, and no other token does', async () => {
    const key = { 'idempotency-key': '"a-key"' };
    const issued = await issue('ada', key);
    const again = await issue('ada', key);
    expect(pairOf(again.body)).toMatchObject({ id: pairOf(issued.body).id, family: pairOf(issued.body).family });
    const { refresh: token, family } = pairOf(again.body);
    const refreshKey = { 'idempotency-key': '"another-key"' };
    const [first, second] = [await refresh(token, refreshKey), await refresh(token, refreshKey)];
    expect([first.status, second.status]).toEqual([201, 201]);
    const [one, other] = [pairOf(first.body), pairOf(second.body)];
    expect([other.id, other.family]).toEqual([one.id, family]);
    expect(decodeJwt(other.refresh)).toEqual(decodeJwt(one.refresh));
    expect((await refresh(other.refresh, refreshKey)).body).toMatchObject({ code: 'idempotency_key_reused' });
    const next = await refresh(other.refresh);
    expect(next.status).toBe(201);
    // The first answer is too old now: its refresh token was used.
    expect(await refresh(token, refreshKey)).toMatchObject(REVOKED);
    expect(await ask(pairOf(next.body).access)).toEqual([401, 'token_revoked']);
  });

  it('is no credential for anything else, whatever the door', async () => {
    const { refresh: token, family, access, id } = await newPair();
    for (const url of ['/messages', '/me', '/refresh']) expect(await ask(token, url)).toEqual([401, 'token_invalid']);
    expect(await ask(token, '/open')).toEqual([200, null]);
    expect(await ask(token, '/shadow')).toEqual([200, null]);
    const authorization = `Bearer ${token}`;
    for (const [method, path, body] of [
      ['POST', ISSUE, { scopes: ['messages:send'] }],
      ['DELETE', `${ISSUE}/${id}`],
      ['POST', '/v1/tokens', { name: 'x', scopes: ['messages:send'], expires_at: '2099-01-01T00:00:00Z' }],
      ['GET', '/v1/tokens'],
      ['POST', `/v1/tokens/${family}/rotate`, { expires_at: '2099-01-01T00:00:00Z' }],
      ['DELETE', `/v1/tokens/${family}`],
      ['GET', '/v1/scopes'],
      ['GET', '/v1/accounts'],
      ['POST', '/v1/revocations', { issuer: 'sallyport', jti: id }],
      ['POST', '/v1/password', { current_password: PASSWORD, new_password: 'another long secret' }],
    ] as const) {
      expect(await send(method, path, authorization, body), `${method} ${path}`).toMatchObject({ status: 401 });
    }
    for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
      expect(await send('POST', path, authorization, `token=${access}`)).toMatchObject({ status: 401 });
    }
    const officer = basic('officer', PASSWORD);
    const introspected = await send('POST', '/oauth2/introspect', officer, `token=${token}`);
    expect(introspected).toEqual({ status: 200, body: { active: false } });
    const session = await fetch(`${service.origin}/console/tokens`, {
      headers: { cookie: `sallyport_session=${token}` },
      redirect: 'manual',
    });
    expect(session.status).not.toBe(200);
    expect(await ask(access)).toEqual([200, id]);
  });

  it('is refused by the gRPC doors and AuthZEN', async () => {
    const { refresh: token } = await newPair();
    const checks = connectChecks(portOf('extAuthz'));
    const headers = [['authorization', `Bearer ${token}`]] as const;
    const described = { method: 'GET', path: '/messages', host: 'a.example', headers };
    expect(await checks.check(described, 'raw')).toMatchObject({
      outcome: 'denied',
      answer: { status: 401 },
    });
    checks.close();
    const caller = { token: (await logIn('officer')).slice('Bearer '.length) };
    const client = connectAccess(service.addresses.access ?? '', caller);
    await client.ready();
    for (const scope of ['messages:send', 'tokens:refresh']) {
      const answer = await client.authorize({ token, scope });
      expect([answer.allowed ?? false, answer.reason]).toEqual([false, 'token_invalid']);
    }
    expect((await client.introspect({ token })).active ?? false).toBe(false);
    client.close();
    const asked = await fetch(`${service.verify}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization: await logIn('officer'), 'content-type': 'application/json' },
      body: JSON.stringify({
        subject: { type: 'token', id: token },
        action: { name: 'GET' },
        resource: { type: 'route', id: '/messages' },
      }),
    });
    expect(await asked.json()).toMatchObject({ decision: false });
  });
});

describe('POST /3rdparty/v1/auth/token/refresh', () => {
  it('takes no other credential, also none with the scope', async () => {
    const login = await logIn('ada');
    const access = await issue('ada', {}, { scopes: ['tokens:refresh', 'messages:send'] });
    const made = { name: 'x', scopes: ['tokens:refresh'], expires_at: '2099-01-01T00:00:00Z' };
    const long = await send('POST', '/v1/tokens', login, {
      ...made,
      expires_at: new Date(Date.now() + 9e6).toISOString(),
    });
    const own = [login.slice(7), String(access.body['access_token']), String(long.body['access_token'])];
    for (const token of own) expect(await refresh(token)).toMatchObject(INVALID);
    const now = Math.floor(Date.now() / 1000);
    const family = pairOf(access.body);
    const claims = { iss: 'https://partner.example.com', sub: decodeJwt(family.access).sub, iat: now, exp: now + 600 };
    const foreign = { ...claims, jti: family.family, seq: 0, token_use: 'refresh', scopes: ['tokens:refresh'] };
    for (const typ of ['rt+jwt', 'at+jwt', 'JWT']) {
      const token = forgeWith({ alg: 'HS256', typ }, foreign, hmac(PARTNER_SECRET));
      expect(await refresh(token)).toMatchObject(INVALID);
      expect(await ask(token)).toEqual([401, 'token_invalid']);
    }
    expect(await refresh('no token')).toMatchObject({ status: 401 });
    expect(await send('POST', REFRESH, basic('ada', PASSWORD), {})).toMatchObject({ status: 401 });
    expect(await send('POST', REFRESH, undefined, {})).toMatchObject({
      status: 401,
      body: { code: 'credentials_required' },
    });
    expect((await refresh(family.refresh)).status).toBe(201);
  });

  it('ignores the body, as SMSGate does', async () => {
    const { refresh: token } = await newPair();
    const answer = await service.call('POST', REFRESH, `Bearer ${token}`);
    expect(answer.status).toBe(201);
  });

  it('refuses a token whose account was changed', async () => {
    const { refresh: token, access } = await newPair('carl');
    const change = { current: PASSWORD, new: 'another long secret of mine' };
    expect(await send('POST', '/v1/password', await logIn('carl'), change)).toMatchObject({ status: 204 });
    expect(await refresh(token)).toMatchObject(REVOKED);
    expect(await ask(access)).toEqual([401, 'token_revoked']);
  });
});

describe('a revocation of one token of a family ends the family', () => {
  const login = () => logIn('bob');
  const officer = () => logIn('officer');
  it.each<readonly [string, (pair: Pair) => Promise<unknown>]>([
    ['DELETE of the access token', async ({ id }) => send('DELETE', `${ISSUE}/${id}`, basic('bob', PASSWORD))],
    ['DELETE of the family', async ({ family }) => send('DELETE', `${ISSUE}/${family}`, basic('bob', PASSWORD))],
    ['DELETE /v1/tokens of the access token', async ({ id }) => send('DELETE', `/v1/tokens/${id}`, await login())],
    ['DELETE /v1/tokens of the family', async ({ family }) => send('DELETE', `/v1/tokens/${family}`, await login())],
    [
      'OAuth, by the access token',
      async ({ access }) => send('POST', '/oauth2/revoke', basic('bob', PASSWORD), `token=${access}`),
    ],
    [
      'OAuth, by the refresh token',
      async ({ refresh: token }) => send('POST', '/oauth2/revoke', basic('bob', PASSWORD), `token=${token}`),
    ],
    [
      'POST /v1/revocations, by jti',
      async ({ id }) => send('POST', '/v1/revocations', await officer(), { issuer: 'sallyport', jti: id }),
    ],
    [
      'POST /v1/revocations, by token',
      async ({ access }) => send('POST', '/v1/revocations', await officer(), { token: access }),
    ],
    [
      'the command line',
      async ({ id }) =>
        runSallyport(
          [
            'token',
            'revoke',
            '--config',
            join(service.folder, 'sallyport.yaml'),
            '--issuer',
            'sallyport',
            '--jti',
            id,
            '--by',
            'ada',
          ],
          { env: { PARTNER: PARTNER_SECRET } },
        ),
    ],
  ])('%s', async (_name, revoke) => {
    const first = await newPair('bob');
    const second = pairOf((await refresh(first.refresh)).body);
    expect(await ask(first.access)).toEqual([200, first.id]);
    await revoke(first);
    // Another process wrote the entry in the last case: within the promise's second.
    await expect.poll(() => ask(second.access), { timeout: 5_000 }).toEqual([401, 'token_revoked']);
    for (const token of [first.refresh, second.refresh]) expect(await refresh(token)).toMatchObject(REVOKED);
  });

  it('but a refresh token cannot be rotated', async () => {
    const { family, refresh: token } = await newPair('bob');
    const body = { expires_at: new Date(Date.now() + 9e6).toISOString() };
    expect(await send('POST', `/v1/tokens/${family}/rotate`, await login(), body)).toMatchObject({
      status: 409,
      body: { message: 'only a private token can be rotated' },
    });
    expect((await refresh(token)).status).toBe(201);
  });
});

describe('two instances on one Redis', () => {
  it('accept a refresh token once', async () => {
    const redis = await redisForTest();
    const config = {
      refreshTokens: {},
      store: `redis://127.0.0.1:${redis.port}`,
      issuers: [{ ...OWN_ISSUER, signing: { algorithm: 'EdDSA', sealWith: { env: 'SEAL' } } }],
      listen: { tokens: '127.0.0.1:0', verify: { address: '127.0.0.1:0', mode: 'nginx' } },
    };
    const env = { SEAL: Buffer.alloc(32, 7).toString('base64url') };
    const one = await startTokenService({ config, env });
    const other = await startTokenService({ config, env });
    const store = await openRedisStore(redisConfig(redis.port), { storeMs: 2_000 });
    const accounts = new Accounts({
      store: withRevocations(store),
      passwords: new Passwords(),
      issuer: OWN_ISSUER.name,
      catalogue: new Set(['messages:send']),
      clock: { wallMs: () => Date.now() },
      audit: recordAudit().audit,
    });
    await accounts.add(OPERATOR, { name: 'eve', password: PASSWORD, scopes: ['messages:send', 'tokens:refresh'] });
    const issued = await one.call('POST', ISSUE, basic('eve', PASSWORD), { scopes: ['messages:send'] });
    const { refresh: token } = pairOf((await issued.json()) as Json);
    const answers = await Promise.all(
      [one, other, one, other].map((each) => each.call('POST', REFRESH, `Bearer ${token}`, {})),
    );
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 401, 401, 401]);
    const winner = pairOf((await answers.find(({ status }) => status === 201)?.json()) as Json);
    for (const each of [one, other]) {
      const again = await each.call('POST', REFRESH, `Bearer ${winner.refresh}`, {});
      expect([again.status, ((await again.json()) as Json)['code']]).toEqual([401, 'token_revoked']);
    }
    await store.close();
    await Promise.all([one.close(), other.close()]);
  });
});

function portOf(listener: 'extAuthz'): number {
  return Number(service.addresses[listener]?.split(':').at(-1));
}
