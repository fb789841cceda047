import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { startProxy, type TcpProxy } from '../support/redis/tcp-proxy.ts';
import { claims, corporateToken, startWorld, type World } from '../support/servers/case-issuers.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { seal } from '../support/servers/stores.ts';

/** A decision's time; Envoy itself waits far longer here, so a late answer is our own 503 or none. */
const DECISION = '400ms';
const MAX_STALENESS_MS = 1_000;
const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };

let world: World;
let redis: RedisServer;
let proxy: TcpProxy;
let platform: Platform;
let known: string;

beforeAll(async () => {
  world = await startWorld();
  redis = await startRedis();
  proxy = await startProxy(redis.port);
  platform = await startPlatform({ env: { ...world.env, ...SEAL }, edit });
  known = corporateToken(world, 'RS256');
});

afterAll(async () => {
  await platform.close();
  await proxy.close();
  await redis.close();
  world.close();
});

function edit(config: Record<string, unknown>): void {
  world.configure(config);
  config['timeouts'] = { decision: DECISION, store: '200ms' };
  config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms` };
  config['store'] = `redis://127.0.0.1:${proxy.port}`;
  seal(config);
}

async function send(token: string): Promise<{ readonly status: number; readonly code: string | undefined }> {
  const { status, body } = await platform.call('POST', '/3rdparty/v1/messages', `Bearer ${token}`);
  return { status, code: status === 202 ? undefined : JSON.parse(body).code };
}

const unseen = () => corporateToken(world, 'RS256', claims());
const UNAVAILABLE = { status: 503, code: 'unavailable' };

describe.each([
  { name: 'is hung', fail: async () => redis.freeze(), mend: async () => redis.thaw() },
  { name: 'is behind a black hole', fail: async () => proxy.swallow(), mend: async () => proxy.heal() },
  {
    name: 'is killed',
    fail: () => redis.kill9(),
    mend: async () => {
      redis = await startRedis({ after: redis });
    },
  },
])('while Redis $name', ({ fail, mend }) => {
  afterEach(async () => {
    platform.services.received.length = 0;
  });

  it('nothing passes after maxStaleness, in time and with a reason, and everything does again afterwards', async () => {
    expect(await send(known)).toMatchObject({ status: 202 });
    await fail();
    // Until then what is known of a token may pass: nobody could have heard otherwise.
    await wait(MAX_STALENESS_MS + 100);
    platform.services.received.length = 0;
    const answers = await Promise.all([send(known), send(unseen()), send(known), send('x')]);
    expect(answers).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, { status: 401, code: 'token_invalid' }]);
    expect(platform.services.received).toEqual([]);
    await mend();
    await expect.poll(() => send(known), { timeout: 20_000, interval: 200 }).toMatchObject({ status: 202 });
    expect(await send(unseen())).toMatchObject({ status: 202 });
  });
});
