import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { startProxy, type TcpProxy } from '../support/redis/tcp-proxy.ts';
import { type CaseIssuers, corporateToken, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { seal } from '../support/servers/stores.ts';

const MAX_STALENESS_MS = 1_000;
/** The number of revocations in the healthy case; the table in `docs/revocation.md` has 2,000. */
const REVOCATIONS = Number(process.env['REVOCATIONS'] ?? 200);
const FEED = { sent: '__redis__:invalidate' };
const TOKENS = '/3rdparty/v1/auth/token';
const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };

/** An instance that reaches Redis through its own proxy. */
interface Instance {
  readonly proxy: TcpProxy;
  readonly sallyport: Sallyport;
  readonly checks: CheckClient;
}

interface Token {
  readonly id: string;
  readonly access: string;
}

/** B's decisions on a token, in milliseconds after A acknowledged its revocation. */
interface Course {
  /** When the last request that passed was sent; `-Infinity` if none passed. */
  readonly lastPassMs: number;
  /** When the first denial arrived. */
  readonly deniedMs: number;
}

let issuers: CaseIssuers;
let redis: RedisServer;
let a: Instance;
let b: Instance;
/** Allows known tokens for 30 s during an outage. */
let lenient: Instance;
let manager: string;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  redis = await startRedis();
  a = await startInstance('deny');
  b = await startInstance('deny');
  lenient = await startInstance({ allowKnownFor: '30s' });
  manager = (await issue(['tokens:manage'], OWNER)).access;
});

afterEach(() => {
  for (const { proxy } of [a, b, lenient]) {
    proxy.heal();
    proxy.delay(0);
  }
});

afterAll(async () => {
  for (const { checks, sallyport, proxy } of [a, b, lenient]) {
    checks.close();
    await sallyport.close();
    await proxy.close();
  }
  await redis.close();
  issuers.close();
});

async function startInstance(onOutage: unknown, workers = 1): Promise<Instance> {
  const proxy = await startProxy(redis.port);
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['timeouts'] = { decision: '900ms', store: '400ms' };
    config['store'] = `redis://127.0.0.1:${proxy.port}`;
    config['workers'] = workers;
    config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms`, onOutage };
    seal(config);
  };
  const sallyport = await startSallyport({ env: { ...issuers.env, ...SEAL }, edit });
  return { proxy, sallyport, checks: connectChecks(sallyport.ports.extAuthz) };
}

async function issue(scopes: readonly string[], authorization = `Bearer ${manager}`): Promise<Token> {
  const { status, body } = await call(a.sallyport.ports.tokens, 'POST', TOKENS, authorization, { scopes });
  expect(status, body).toBe(201);
  const { id, access_token: access } = JSON.parse(body);
  return { id, access };
}

/** Resolves to the time at which A has acknowledged the revocation. */
async function revoke({ id }: Token): Promise<number> {
  const answer = await call(a.sallyport.ports.tokens, 'DELETE', `${TOKENS}/${id}`, `Bearer ${manager}`);
  expect(answer.status).toBe(204);
  return performance.now();
}

/** `passes`, or the status of the denial. */
async function check({ checks }: Instance, access: string): Promise<'passes' | number> {
  const headers = [['authorization', `Bearer ${access}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'api.example.com', headers };
  const outcome = await checks.check(request, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : outcome.answer.status;
}

/** Revokes tokens that B has cached, one after the other, and sends requests to B until it denies. */
async function revokeMany(count: number, fail: () => unknown = () => undefined): Promise<Course[]> {
  const courses: Course[] = [];
  for (let round = 0; round < count; round++) {
    const token = await issue(['messages:send']);
    await expect.poll(() => check(b, token.access), { timeout: 20_000 }).toBe('passes');
    const acknowledgedMs = await revoke(token);
    await fail();
    courses.push(await follow(token, acknowledgedMs));
  }
  return courses;
}

async function follow(token: Token, acknowledgedMs: number, instance = b): Promise<Course> {
  let lastPassMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const sentMs = performance.now() - acknowledgedMs;
    const outcome = await check(instance, token.access);
    if (outcome !== 'passes') return { lastPassMs, deniedMs: performance.now() - acknowledgedMs };
    lastPassMs = sentMs;
    // The bound holds for decisions, each of which begins after its request was sent.
    expect(sentMs).toBeLessThanOrEqual(MAX_STALENESS_MS);
  }
}

function report(what: string, courses: readonly Course[]): void {
  const times = courses.map(({ deniedMs }) => deniedMs).toSorted((left, right) => left - right);
  const at = (share: number): string => (times[Math.ceil(times.length * share) - 1] ?? Number.NaN).toFixed(1);
  process.stdout.write(
    `${what}: ${times.length} revocations, until denied p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`,
  );
}

it('a token that is revoked at A is denied by every worker of another instance within maxStaleness', async () => {
  const many = await startInstance('deny', 2);
  const { sallyport, proxy, checks } = many;
  // Connections are handed out in turn.
  const others = [1, 2, 3].map(() => connectChecks(sallyport.ports.extAuthz));
  const all = [checks, ...others].map((client) => ({ ...many, checks: client }));
  try {
    const passes = (access: string) => Promise.all(all.map((at) => check(at, access)));
    for (const fail of [() => undefined, () => proxy.swallow(FEED)]) {
      for (let round = 0; round < 5; round++) {
        const token = await issue(['messages:send']);
        await expect.poll(() => passes(token.access), { timeout: 20_000 }).toEqual(all.map(() => 'passes'));
        const acknowledgedMs = await revoke(token);
        fail();
        for (const at of all) await follow(token, acknowledgedMs, at);
      }
    }
    // Workers report their figures each second.
    const metrics = async (): Promise<string> => (await call(sallyport.ports.admin, 'GET', '/metrics')).body;
    for (const worker of [1, 2]) {
      await expect
        .poll(metrics, { timeout: 20_000 })
        .toMatch(new RegExp(`worker_decisions_total{worker="${worker}"} [1-9]`));
    }
  } finally {
    for (const client of [checks, ...others]) client.close();
    await sallyport.close();
    await proxy.close();
  }
});

/** Resolves once the latest log line about the feed is that it is back. */
async function untilFeedIsBack({ sallyport }: Instance): Promise<void> {
  const last = (): string => /^[^]*"msg":"(revocation feed [a-z]+)/.exec(sallyport.output())?.[1] ?? '';
  await expect.poll(last, { timeout: 30_000 }).toBe('revocation feed back');
}

it(
  'a token that is revoked at A is denied at B within maxStaleness',
  async () => {
    report('healthy', await revokeMany(REVOCATIONS));
  },
  60_000 + 200 * REVOCATIONS,
);

it('a revoked token is denied within maxStaleness while the feed of B is silent', async () => {
  const courses = await revokeMany(1, () => b.proxy.swallow(FEED));
  report('feed black-holed', [...courses, ...(await revokeMany(25))]);
  b.proxy.heal();
  await untilFeedIsBack(b);
  report('feed back', await revokeMany(25));
});

it('a revoked token is denied within maxStaleness while the feed of B is two seconds late', async () => {
  const courses = await revokeMany(1, () => b.proxy.delay(2_000, FEED));
  report('feed 2 s late', [...courses, ...(await revokeMany(25))]);
  b.proxy.delay(0);
  await untilFeedIsBack(b);
});

it('a revoked token is denied within maxStaleness while B cannot reach Redis', async () => {
  const courses = await revokeMany(1, () => b.proxy.swallow());
  report('B cut off', courses);
  const known = corporateToken(issuers, 'RS256');
  await wait(MAX_STALENESS_MS);
  expect(await check(b, known)).toBe(503);
  b.proxy.heal();
  await expect.poll(() => check(b, known), { timeout: 20_000 }).toBe('passes');
});

it('a revoked token is denied within maxStaleness while Redis is stopped, and others pass again afterwards', async () => {
  const good = (await issue(['messages:send'])).access;
  expect(await check(b, good)).toBe('passes');
  try {
    report('Redis stopped', await revokeMany(1, () => redis.freeze()));
    await wait(MAX_STALENESS_MS);
    expect(await check(b, good)).toBe(503);
  } finally {
    redis.thaw();
  }
  await expect.poll(() => check(b, good), { timeout: 20_000 }).toBe('passes');
});

it('an instance that was stopped for three seconds denies a token that was revoked meanwhile', async () => {
  const token = await issue(['messages:send']);
  await expect.poll(() => check(b, token.access), { timeout: 20_000 }).toBe('passes');
  const { pid = 0 } = b.sallyport;
  process.kill(pid, 'SIGSTOP');
  const acknowledgedMs = await revoke(token);
  await wait(3_000);
  const first = check(b, token.access);
  process.kill(pid, 'SIGCONT');
  expect(await first).not.toBe('passes');
  expect(performance.now() - acknowledgedMs).toBeGreaterThan(3_000);
  await expect.poll(() => check(b, token.access), { timeout: 20_000 }).toBe(401);
});

it('allowKnownFor allows only tokens that were known not to be revoked while Redis is down', async () => {
  const [good, revoked] = [await issue(['messages:send']), await issue(['messages:send'])];
  for (const { access } of [good, revoked]) {
    await expect.poll(() => check(lenient, access), { timeout: 20_000 }).toBe('passes');
  }
  await revoke(revoked);
  await expect.poll(() => check(lenient, revoked.access)).toBe(401);
  await redis.kill9();
  await wait(MAX_STALENESS_MS + 500);
  expect(await check(lenient, good.access)).toBe('passes');
  expect(await check(lenient, revoked.access)).toBe(401);
  expect(await check(lenient, corporateToken(issuers, 'RS256'))).toBe(503);
  expect(await check(b, good.access)).toBe(503);
  redis = await startRedis({ after: redis });
  await untilFeedIsBack(lenient);
  for (const instance of [b, lenient]) {
    await expect.poll(() => check(instance, corporateToken(issuers, 'RS256')), { timeout: 20_000 }).toBe('passes');
  }
  const log = lenient.sallyport.output();
  expect(log).toContain('"msg":"outage: the revocation set cannot be read in time"');
  expect(log).toContain('"msg":"outage over: the revocation set can be read"');
});
