import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Language, Service } from '../support/internal-api/examples.ts';
import { pythonLanguage, startService, TYPESCRIPT } from '../support/internal-api/examples.ts';
import { callerToken, revocableToken, startWithAccess } from '../support/internal-api/platform.ts';
import { connectWatches } from '../support/internal-api/watch-client.ts';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { startProxy, type TcpProxy } from '../support/redis/tcp-proxy.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import type { Sallyport } from '../support/servers/sallyport.ts';
import { SQLITE, seal } from '../support/servers/stores.ts';

const MAX_STALENESS_MS = 1_000;
const POLL = { timeout: 30_000, interval: 20 };

let issuers: CaseIssuers;
let folder: string;
let languages: readonly Language[];

beforeAll(async () => {
  issuers = await startCaseIssuers();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-watch-'));
  languages = [TYPESCRIPT, await pythonLanguage(folder)];
}, 120_000);

afterAll(async () => {
  issuers.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts Sallyport, which answers before the services lose patience, on the store that `edit` sets. */
function start(edit: (config: Record<string, unknown>) => void) {
  return startWithAccess(issuers, (config) => {
    config['timeouts'] = { decision: '900ms', store: '400ms' };
    edit(config);
  });
}

function signal({ pid }: Sallyport, name: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(pid, name);
}

/** Asks until the answer is a kept one. */
async function untilKept(service: Service, token: string): Promise<void> {
  await expect.poll(() => service.authorize(token), POLL).toBe('allowed, kept');
}

/** Asks all the time; resolves to the last moment at which a call began that found a kept answer. */
async function lastKept(service: Service, token: string, isOver: (answer: string) => boolean): Promise<number> {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const beganMs = performance.now();
    const answer = await service.authorize(token);
    if (answer === 'allowed, kept') lastMs = beganMs;
    else if (isOver(answer)) return lastMs;
    await wait(5);
  }
}

describe('services that keep answers, on SQLite', () => {
  let sallyport: Sallyport;
  let address: string;
  let services: readonly (readonly [name: string, service: Service])[];
  let store: Awaited<ReturnType<typeof SQLITE.start>>;

  beforeAll(async () => {
    store = await SQLITE.start();
    ({ sallyport, address } = await start(store.edit));
    services = languages.map((language) => [language.name, startService(language, address, callerToken())]);
  });

  afterAll(async () => {
    for (const [, service] of services) await service.close();
    await sallyport.close();
  });

  it('stop using an answer within maxStaleness after its revocation', async () => {
    for (const [name, service] of services) {
      const { token, key } = revocableToken(issuers);
      await untilKept(service, token);
      await store.writeDirectly(sallyport, key, 'by hand');
      const revokedMs = performance.now();
      const lastMs = await lastKept(service, token, (answer) => answer === 'denied: token_revoked');
      expect(lastMs - revokedMs, name).toBeLessThan(MAX_STALENESS_MS);
    }
  });

  it('stop using answers by their own clock while Sallyport is suspended, and then use them again', async () => {
    onTestFinished(() => signal(sallyport, 'SIGCONT'));
    for (const [name, service] of services) {
      const { token } = revocableToken(issuers);
      await untilKept(service, token);
      signal(sallyport, 'SIGSTOP');
      const stoppedMs = performance.now();
      const lastMs = await lastKept(service, token, (answer) => answer === 'denied: no answer');
      signal(sallyport, 'SIGCONT');
      expect(lastMs - stoppedMs, name).toBeLessThan(MAX_STALENESS_MS);
      await untilKept(service, token);
    }
  });

  it('are counted', async () => {
    const metrics = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`)).text();
    await expect.poll(metrics, POLL).toContain(`sallyport_revocation_watchers ${languages.length}\n`);
  });

  it('ask again after a reload', async () => {
    const watches = connectWatches(address, callerToken());
    onTestFinished(() => watches.close());
    const stream = watches.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    signal(sallyport, 'SIGHUP');
    await expect.poll(() => stream.resets(), POLL).toEqual(['ANSWERS_CHANGED']);
  });

  it('are refused without the scope access:check', async () => {
    const watches = connectWatches(address, callerToken('access:introspect'));
    onTestFinished(() => watches.close());
    // PERMISSION_DENIED
    expect((await watches.open().ended).code).toBe(7);
  });

  it('are sent away when the token of their own has ended', async () => {
    const own = callerToken('access:check', { jti: 'watcher-1' });
    const watches = connectWatches(address, own);
    onTestFinished(() => watches.close());
    const stream = watches.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    await store.writeDirectly(sallyport, 'sallyport:revoked:operations:watcher-1', 'by hand');
    // UNAUTHENTICATED
    expect((await stream.ended).code).toBe(16);
  });

  it('see their stream end when Sallyport stops', async () => {
    const watches = connectWatches(address, callerToken());
    onTestFinished(() => watches.close());
    const stream = watches.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    await sallyport.stop();
    expect(await stream.ended).toMatchObject({ code: 0 });
    expect(stream.beats().at(-1)?.ends_in_ms).toBeLessThanOrEqual(2_000);
  });
});

describe('services that keep answers, on Redis', () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  let sallyport: Sallyport;
  let address: string;
  let service: Service;

  beforeAll(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
    ({ sallyport, address } = await start((config) => {
      config['store'] = `redis://127.0.0.1:${proxy.port}`;
      seal(config);
    }));
    service = startService(TYPESCRIPT, address, callerToken());
  });

  afterAll(async () => {
    await service.close();
    await sallyport.close();
    await proxy.close();
    await redis.close();
  });

  it('stop using an answer within maxStaleness after its revocation, whoever writes it', async () => {
    for (let round = 0; round < 5; round++) {
      const { token, key } = revocableToken(issuers);
      await untilKept(service, token);
      await redis.client.set(key, 'by hand');
      const revokedMs = performance.now();
      const lastMs = await lastKept(service, token, (answer) => answer === 'denied: token_revoked');
      expect(lastMs - revokedMs).toBeLessThan(MAX_STALENESS_MS);
    }
  });

  it('stop using answers while Redis cannot be reached: the age of the beats grows', async () => {
    const watches = connectWatches(address, callerToken());
    onTestFinished(() => watches.close());
    const stream = watches.open();
    const { token } = revocableToken(issuers);
    await untilKept(service, token);
    proxy.swallow();
    const cutMs = performance.now();
    const lastMs = await lastKept(service, token, (answer) => answer.startsWith('denied'));
    expect(lastMs - cutMs).toBeLessThan(MAX_STALENESS_MS);
    await expect.poll(() => stream.beats().at(-1)?.feed_age_ms, POLL).toBeGreaterThan(2 * MAX_STALENESS_MS);
    proxy.heal();
    await untilKept(service, token);
    expect(stream.resets()).toContain('CHANGES_MISSED');
  });

  it('forget every answer when the set is lost', async () => {
    const watches = connectWatches(address, callerToken());
    onTestFinished(() => watches.close());
    const stream = watches.open();
    const { token } = revocableToken(issuers);
    await untilKept(service, token);
    const resets = stream.resets().length;
    await redis.client.flushall();
    const lostMs = performance.now();
    const lastMs = await lastKept(service, token, (answer) => answer.startsWith('denied'));
    expect(lastMs - lostMs).toBeLessThan(MAX_STALENESS_MS);
    await expect.poll(() => stream.resets().length, POLL).toBeGreaterThan(resets);
    // Sallyport cannot judge the token of the service either.
    expect(await service.authorize(token)).toBe('denied: no answer');
  });
});
