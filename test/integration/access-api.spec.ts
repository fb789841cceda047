import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../../src/app/running-app.ts';
import { startApp } from '../../src/app/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { SqliteRevocations } from '../../src/store/sqlite/revocations.ts';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import type { RedisServer } from '../support/redis/server.ts';
import { startRedis } from '../support/redis/server.ts';
import type { AccessClient } from '../support/servers/access-client.ts';
import { connectAccess } from '../support/servers/access-client.ts';

const SECRET = 'a secret of the partner, of more than 32 bytes';
const EPOCH = 'sallyport:revoked-epoch';

let folder: string;
let redis: RedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-access-'));
  redis = await startRedis();
});

afterAll(async () => {
  await redis.close();
  await rm(folder, { recursive: true });
});

function tokenOf(scope: string, more: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://partner.example.com', sub: 'alice', iat: now, exp: now + 600, scope };
  return forgeWith({ alg: 'HS256' }, { ...claims, ...more }, hmac(SECRET));
}

/** Starts Sallyport in this process, on a store of its own. */
async function start(store: string, revocation = ''): Promise<App> {
  const file = join(folder, 'sallyport.yaml');
  await writeFile(
    file,
    `version: 1
listen: { access: "127.0.0.1:0", admin: "127.0.0.1:0" }
store: ${store}
timeouts: { decision: 9s, store: 8s }
scopes: { messages:send: {}, messages:list: {} }
issuers:
  - name: partner
    issuer: https://partner.example.com
    audience: any
    algorithms: [HS256]
    secrets: [{ env: PARTNER }]
    allowScopes: [messages:send, messages:list, all:any, access:check, access:introspect]
routes: [{ method: POST, path: "/messages/{id}", scope: "messages:send" }]
${revocation}`,
  );
  const loaded = loadConfig(file, { PARTNER: SECRET });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return startApp(loaded.config, { env: {}, logDestination: { write: () => true } });
}

interface StoreUnderTest {
  readonly name: string;
  store(): string;
  /** Writes an entry of the revocation set, like an operator. */
  readonly revoke?: (key: string) => Promise<unknown>;
  readonly count?: () => ReadCounter | Promise<ReadCounter>;
}

const STORES: readonly StoreUnderTest[] = [
  { name: 'memory', store: () => '"memory:"' },
  { name: 'SQLite', store: () => 'sqlite:./access.db', count: countSqliteReads },
  {
    name: 'Redis',
    store: () => `redis://127.0.0.1:${redis.port}`,
    revoke: (key) => redis.client.set(key, ''),
    count: () => countRedisReads(redis),
  },
];

describe.each(STORES)('the internal API on $name', ({ store, revoke, count }) => {
  let app: App;
  let client: AccessClient;
  const caller = { jti: 'the-caller', scope: 'access:check access:introspect' };

  beforeAll(async () => {
    app = await start(store());
    client = connectAccess(app.addresses.access ?? '', { token: tokenOf(caller.scope, caller) });
  });

  afterAll(async () => {
    client.close();
    await app.close();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('says whose token it is, until when it is valid, and what could end it', async () => {
    const answer = await client.authorize({
      token: tokenOf('messages:send', { jti: 't1', exp: 1_999_999_999.5 }),
      request: { method: 'POST', path: '/messages/7' },
    });
    expect(answer).toMatchObject({
      allowed: true,
      http_status: 200,
      route: '/messages/{id}',
      identity: { issuer: 'partner', subject: 'alice', token_id: 't1', scheme: 'bearer', scopes: ['messages:send'] },
      expires_at: { seconds: 1_999_999_999, nanos: 500_000_000 },
    });
    expect(answer.revocation_keys).toEqual(
      expect.arrayContaining([
        'sallyport:revoked:partner:t1',
        'sallyport:notbefore:partner:alice',
        'sallyport:notbefore-issuer:partner',
        expect.stringMatching(/^sallyport:revoked-thumbprint:[0-9a-f]{64}$/),
      ]),
    );
  });

  it.each([
    ['messages:send', 'messages:send', true],
    ['messages:list', 'messages:send', false],
    ['all:any', 'messages:list', true],
    ['all:any', 'access:check', false],
    ['access:check', 'access:check', true],
  ])('a token with %s has %s: %j', async (granted, scope, isAllowed) => {
    const answer = await client.authorize({ token: tokenOf(granted), scope });
    const reason = isAllowed ? {} : { reason: 'scope_required', http_status: 403, message: `scope required: ${scope}` };
    expect(answer).toMatchObject({ route: scope, ...reason });
    expect(answer.allowed ?? false).toBe(isAllowed);
  });

  it('introspects a token of any issuer, and says nothing of one that is not active', async () => {
    const token = tokenOf('messages:send', { jti: 't2', client_id: 'app', aud: 'a', exp: 1_999_999_999, nbf: 5 });
    expect(await client.introspect({ token })).toMatchObject({
      active: true,
      scope: 'messages:send',
      client_id: 'app',
      token_type: 'Bearer',
      exp: 1_999_999_999,
      nbf: 5,
      sub: 'alice',
      aud: ['a'],
      iss: 'https://partner.example.com',
      jti: 't2',
      issuer: 'partner',
    });
    const inactive = await client.introspect({ token: `${token}x` });
    expect(JSON.stringify(inactive)).toMatch(/^\{("active":false)?\}$/);
    await expect(client.introspect({ token: '' })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('each method needs its own scope', async () => {
    const checker = connectAccess(app.addresses.access ?? '', { token: tokenOf('access:check') });
    await expect(checker.introspect({ token: 'x' })).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      message: 'scope required: access:introspect',
      details: { ErrorInfo: { reason: 'scope_required', metadata: { scope: 'access:introspect' } } },
    });
    checker.close();
  });

  it('counts decisions and denied callers, but no admitted caller', async () => {
    const metrics = await (await fetch(`http://${app.addresses.admin}/metrics`)).text();
    expect(metrics).toContain('door="access-api",outcome="deny",reason="scope_required"');
    expect(metrics).toMatch(/door="access-api",outcome="allow",.*route="messages:send"/);
    expect(metrics).not.toMatch(/outcome="allow",.*route="\/sallyport/);
  });

  it.each(revoke === undefined ? [] : [revoke])(
    'refuses a caller whose token was revoked, at the next call',
    async (write) => {
      const token = tokenOf('access:check', { jti: 'gone' });
      const revoked = connectAccess(app.addresses.access ?? '', { token });
      expect(await revoked.authorize({ scope: 'messages:send' })).toMatchObject({ reason: 'credentials_required' });
      await write('sallyport:revoked:partner:gone');
      const call = (): Promise<unknown> =>
        revoked.authorize({ scope: 'messages:send' }).catch((error: unknown) => error);
      await expect
        .poll(call, { timeout: 5_000 })
        .toMatchObject({ code: status.UNAUTHENTICATED, message: 'token revoked' });
      revoked.close();
    },
  );

  it.each(count === undefined ? [] : [count])(
    '1,000 questions take one round trip to the store, which reads each key once',
    async (begin) => {
      await client.authorize({ scope: 'messages:send' });
      const tokens = Array.from({ length: 500 }, (_, index) => tokenOf('messages:send', { jti: `many-${index}` }));
      const questions = [...tokens, ...tokens].map((token) => ({ token, scope: 'messages:send' }));
      const reads = await begin();
      const { answers } = await client.authorizeMany(questions);
      expect(answers.filter((answer) => 'response' in answer && answer.response.allowed)).toHaveLength(1_000);
      // At least an id and a thumbprint for each token.
      const { roundTrips, keys } = await reads.end();
      expect(keys.length).toBe(new Set(keys).size);
      expect(keys.filter((key) => key.includes('many-'))).toHaveLength(500);
      expect(keys.length).toBeGreaterThanOrEqual(1_000);
      expect(roundTrips).toBe(1);
      expect((await client.authorizeMany(questions)).answers).toHaveLength(1_000);
    },
  );
});

interface ReadCounter {
  end(): Promise<{ readonly roundTrips: number; readonly keys: readonly string[] }>;
}

function countSqliteReads(): ReadCounter {
  const read = vi.spyOn(SqliteRevocations.prototype, 'read');
  return { end: async () => ({ roundTrips: read.mock.calls.length, keys: read.mock.calls.flatMap(([keys]) => keys) }) };
}

/** What Redis sees: every read of the set ends with one of its epoch. */
async function countRedisReads({ client }: RedisServer): Promise<ReadCounter> {
  const seen: string[] = [];
  const monitor = await client.monitor();
  monitor.on('monitor', (_time: string, [command = '', key = '']: readonly string[]) => {
    if (command.toLowerCase() === 'get') seen.push(key);
  });
  return {
    end: async () => {
      // The monitor has received all that came before this.
      const mark = `mark-${Math.random()}`;
      await client.get(mark);
      await expect.poll(() => seen.includes(mark), { timeout: 5_000 }).toBe(true);
      monitor.disconnect();
      const keys = seen.filter((key) =>
        /^sallyport:(revoked|revoked-thumbprint|notbefore|notbefore-issuer):/.test(key),
      );
      return { roundTrips: seen.filter((key) => key.startsWith(EPOCH)).length, keys };
    },
  };
}
