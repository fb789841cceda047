import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { seal } from '../support/servers/stores.ts';

const MESSAGES = '/3rdparty/v1/messages';
const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };
const POLL = { timeout: 20_000 };

interface Instance {
  readonly sallyport: Sallyport;
  readonly checks: CheckClient;
}

let issuers: CaseIssuers;
let redis: RedisServer;
let a: Instance;
let b: Instance;
let good: string;
let ended: string;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  redis = await startRedis();
  [a, b] = [await startInstance(), await startInstance()];
  good = corporateToken(issuers, 'RS256', claims({ jti: 'good' }));
  ended = corporateToken(issuers, 'RS256', claims({ jti: 'ended' }));
});

afterAll(async () => {
  for (const { checks, sallyport } of [a, b]) {
    checks.close();
    await sallyport.close();
  }
  await redis.close();
  issuers.close();
});

async function startInstance(): Promise<Instance> {
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['timeouts'] = { decision: '900ms', store: '400ms' };
    config['store'] = `redis://127.0.0.1:${redis.port}`;
    config['revocation'] = { onOutage: { allowKnownFor: '60s' } };
    seal(config);
  };
  const sallyport = await startSallyport({ env: { ...issuers.env, ...SEAL }, edit });
  return { sallyport, checks: connectChecks(sallyport.ports.extAuthz) };
}

async function check({ checks }: Instance, token: string): Promise<'passes' | number> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const outcome = await checks.check({ method: 'POST', path: MESSAGES, host: 'h', headers }, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : outcome.answer.status;
}

async function admin({ sallyport }: Instance, path: string): Promise<string> {
  return (await call(sallyport.ports.admin, 'GET', path)).body;
}

async function shown(instance: Instance) {
  const metrics = parseExposition(await admin(instance, '/metrics'));
  const { status, components } = JSON.parse(await admin(instance, '/readyz'));
  return { ready: status, set: components.revocations.status, gauge: metrics.value('sallyport_revocation_set_lost') };
}

function command(args: readonly string[], input = '') {
  const config = join(a.sallyport.folder, 'sallyport.yaml');
  return runSallyport([...args, '--config', config], { env: { ...issuers.env, ...SEAL }, input });
}

it('a lost revocation set is reported everywhere, and every request is denied until an operator accepts it', async () => {
  await redis.client.set('sallyport:revoked:corporate:ended', '');
  for (const instance of [a, b]) {
    await expect.poll(() => check(instance, ended), POLL).toBe(401);
    expect(await check(instance, good)).toBe('passes');
    expect(await shown(instance)).toEqual({ ready: 'ready', set: 'ok', gauge: 0 });
  }
  expect(await command(['store', 'accept-loss', '--yes'])).toEqual({
    code: 0,
    output: 'nothing is lost; nothing was changed\n',
  });

  process.kill(b.sallyport.pid ?? 0, 'SIGSTOP');
  try {
    await redis.client.flushall();
    await expect.poll(() => shown(a), POLL).toEqual({ ready: 'ready', set: 'lost', gauge: 1 });
    expect([await check(a, good), await check(a, ended)]).toEqual([503, 401]);
    const explained = await command(['explain', '--token-file', '-', 'POST', MESSAGES], good);
    expect(explained).toMatchObject({ code: 1, output: expect.stringContaining('denied: unavailable') });
    expect(explained.output).toMatch(/^the revocation set has been lost since 20.*sallyport store accept-loss/m);
    const lines = a.sallyport.output().match(/"msg":"the revocation set was lost/g);
    expect(lines).toHaveLength(1);
    const { code, output } = await command(['store', 'accept-loss', '--yes']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^accepted: the loss noticed on 20/m) });
    await expect.poll(() => check(a, good), POLL).toBe('passes');
  } finally {
    process.kill(b.sallyport.pid ?? 0, 'SIGCONT');
  }
  for (const instance of [a, b]) {
    await expect.poll(() => check(instance, good), POLL).toBe('passes');
    expect(await check(instance, ended)).toBe(401);
    expect(await shown(instance)).toEqual({ ready: 'ready', set: 'ok', gauge: 0 });
  }
  await expect.poll(() => redis.client.exists('sallyport:revoked:corporate:ended'), POLL).toBe(1);
  expect(b.sallyport.output()).not.toContain('"msg":"the revocation set was lost');
});

it('sallyport store prints its usage', async () => {
  expect((await runSallyport(['store', '--help'])).output).toContain(
    'sallyport store accept-loss [--by NAME] [--yes] [--config FILE] [--json]',
  );
});
