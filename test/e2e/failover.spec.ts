import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectedClientOf, type SentinelGroup, startSentinelGroup } from '../support/redis/sentinel.ts';
import type { RedisServer } from '../support/redis/server.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { seal, storeOf } from '../support/servers/stores.ts';

const MAX_STALENESS_MS = 1_000;
const TOKENS = 20;

let issuers: CaseIssuers;
let group: SentinelGroup;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  group = await startSentinelGroup();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['timeouts'] = { decision: '900ms', store: '400ms' };
    config['store'] = storeOf(group);
    config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms` };
    seal(config);
  };
  const env = { ...issuers.env, SEAL_SECRET: 'a secret of thirty-two bytes, ok' };
  sallyport = await startSallyport({ env, edit });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
  await group.close();
  issuers.close();
});

/** `passes`, or the status of the denial. */
async function check(access: string): Promise<'passes' | number> {
  const headers = [['authorization', `Bearer ${access}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'api.example.com', headers };
  const outcome = await checks.check(request, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : outcome.answer.status;
}

/** Sends requests until one is denied, and expects none to pass after maxStaleness. */
async function followRevoked(access: string, revokedMs: number): Promise<void> {
  for (;;) {
    const sentMs = performance.now() - revokedMs;
    const outcome = await check(access);
    if (outcome === 401) return;
    if (outcome === 'passes') expect(sentMs).toBeLessThanOrEqual(MAX_STALENESS_MS);
    await wait(20);
  }
}

/** Causes a failover, and revokes cached tokens at the new primary as soon as a Sentinel names it. */
async function revokeAcross(fail: (primary: RedisServer) => Promise<unknown>): Promise<void> {
  const old = await group.primary();
  const ids = Array.from({ length: TOKENS }, (_, index) => `${old.port}-${index}`);
  const tokens = ids.map((jti) => corporateToken(issuers, 'RS256', claims({ jti })));
  for (const token of tokens) await expect.poll(() => check(token), { timeout: 20_000 }).toBe('passes');
  const [primary] = await Promise.all([group.untilMoved(old), fail(old)]);
  const client = await connectedClientOf(primary);
  for (const id of ids) await client.set(`sallyport:revoked:corporate:${id}`, '');
  const revokedMs = performance.now();
  await Promise.all(tokens.map((token) => followRevoked(token, revokedMs)));
  const good = corporateToken(issuers, 'RS256');
  await expect.poll(() => check(good), { timeout: 20_000 }).toBe('passes');
}

it(
  'a token that is revoked after a failover is denied in time while the old primary still acts as one',
  { timeout: 60_000 },
  () => revokeAcross(() => group.failover()),
);

it('a token that is revoked after a failover is denied in time while the old primary hangs', { timeout: 60_000 }, () =>
  revokeAcross(async (primary) => primary.freeze()),
);
