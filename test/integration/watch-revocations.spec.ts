import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Decision } from '../../src/core/decision.ts';
import { deny } from '../../src/core/decision.ts';
import { openAccessApi } from '../../src/edge/access-api/service.ts';
import type { AccessUseCases } from '../../src/edge/access-api/use-cases.ts';
import { systemClock, systemTimers } from '../../src/lib/clock.ts';
import { Health } from '../../src/observe/health.ts';
import { MAX_WAITING } from '../../src/revocation/revocation-watch.ts';
import { RevocationWatches, WATCH_LIFE_MS } from '../../src/revocation/revocation-watches.ts';
import type { RevocationWatcher } from '../../src/revocation-set/revocation-watcher.ts';
import { makeFreshness } from '../support/core.ts';
import { allowed } from '../support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../support/http2/ignored-connections.ts';
import { connectWatches, type WatchStream } from '../support/internal-api/watch-client.ts';

const POLL = { timeout: 20_000, interval: 5 };

/** The door on a Unix socket, over a set whose feed the test speaks for. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  const path = join(folder, 'access.sock');
  let watcher: RevocationWatcher | undefined;
  const freshness = makeFreshness({ maxStalenessMs: 200, heardUpToMs: Infinity });
  const time = { laterMs: 0 };
  const watches = new RevocationWatches({
    set: {
      addWatcher: (added) => {
        watcher = added;
        return () => undefined;
      },
      isSound: () => true,
      standings: { freshness: { ...freshness, heardUpToWallMs: Infinity } },
    },
    clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + time.laterMs },
    timers: systemTimers,
  });
  const caller: { decision: Decision | Promise<Decision>; judged: number } = { decision: allowed(), judged: 0 };
  const decide = (): Decision | Promise<Decision> => {
    caller.judged += 1;
    return caller.decision;
  };
  const callers = { decide };
  const failures: unknown[] = [];
  const expected: unknown[] = [];
  // The other use cases are for other calls.
  const useCases = { callers, decisionTimeoutMs: 5_000, trustedProxies: [] } as unknown as AccessUseCases;
  const observer = {
    ...IGNORED_CONNECTIONS,
    handshakeFailed: () => undefined,
    callFailed: (...facts: unknown[]) => failures.push(facts),
    forwardedForIgnored: () => undefined,
    forwardingIgnored: () => undefined,
  };
  const parts = { useCases: () => useCases, watches, health: new Health(), observer };
  const door = await openAccessApi({ address: { path }, tls: undefined }, parts);
  const client = connectWatches(`unix:${path}`, 'a.b.c');
  onTestFinished(async () => {
    client.close();
    await door.close(0);
    watches.stop();
    await rm(folder, { recursive: true });
    expect(failures).toEqual(expected);
  });
  return {
    door,
    watches,
    caller,
    client,
    time,
    expected,
    feed: (): RevocationWatcher => watcher ?? expect.fail('not followed'),
  };
}

let world: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  world = await open();
});

/** Opens a stream whose caller does not read, and for which more changes wait than are held. */
async function openUnread(): Promise<WatchStream> {
  const stream = world.client.open();
  const other = world.client.open();
  await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
  stream.pause();
  const keyOf = (round: number, index: number): string => `sallyport:revoked:own:${round}-${index}-${'x'.repeat(150)}`;
  const rounds = 40;
  for (let round = 0; round < rounds; round++) {
    world.feed().changed(Array.from({ length: MAX_WAITING / 4 }, (_, index) => keyOf(round, index)));
    await expect.poll(() => other.keys().length, POLL).toBe(((round + 1) * MAX_WAITING) / 4);
  }
  expect([other.resets(), stream.keys().length]).toEqual([[], 0]);
  other.close();
  await expect.poll(() => world.watches.size, POLL).toBe(1);
  return stream;
}

describe('WatchRevocations', () => {
  it('sends a beat at once and then all the time, with what the caller sent', async () => {
    const stream = world.client.open(123_456);
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(4);
    expect(stream.events.every(({ event }) => event === 'beat')).toBe(true);
    const [first, , third] = stream.beats();
    expect(first).toMatchObject({ caller_time: 123_456, max_staleness_ms: 200 });
    expect(first?.ends_in_ms).toBeGreaterThan(50_000);
    expect(third?.elapsed_ms).toBeGreaterThan(first?.elapsed_ms ?? Infinity);
  });

  it('sends changes and resets', async () => {
    const stream = world.client.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    world.feed().changed(['sallyport:revoked:own:t-1', 'sallyport:notbefore:own:s-1']);
    await expect.poll(() => stream.keys(), POLL).toHaveLength(2);
    world.feed().lost();
    world.watches.reset('answers changed');
    await expect.poll(() => stream.resets(), POLL).toEqual(['CHANGES_MISSED']);
    world.watches.reset('answers changed');
    await expect.poll(() => stream.resets(), POLL).toEqual(['CHANGES_MISSED', 'ANSWERS_CHANGED']);
  });

  it('holds a bounded amount for a caller that does not read, and then resets it', async () => {
    const stream = await openUnread();
    stream.resume();
    await expect.poll(() => stream.resets(), POLL).toEqual(['TOO_MANY_CHANGES']);
    world.feed().changed(['after it']);
    await expect.poll(() => stream.keys().at(-1), POLL).toBe('after it');
  });

  it('is released when the caller goes away', async () => {
    const stream = world.client.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    expect(world.watches.size).toBe(1);
    stream.close();
    await expect.poll(() => world.watches.size, POLL).toBe(0);
  });

  it('ends when Sallyport stops, after it has said so, and the door then closes', async () => {
    const stream = world.client.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    const closing = world.door.close(1_000);
    expect(await stream.ended).toEqual({ code: 0, details: '' });
    expect(stream.beats().some(({ ends_in_ms: endsInMs }) => endsInMs <= 500)).toBe(true);
    await closing;
  });

  it('refuses a caller that lacks the scope', async () => {
    world.caller.decision = deny('scope_required', undefined, 'scope');
    const stream = world.client.open();
    expect((await stream.ended).code).toBe(status.PERMISSION_DENIED);
    expect(stream.events).toEqual([]);
  });

  it('ends when the token of its caller has ended, but not because that cannot be judged', async () => {
    const stream = world.client.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    world.caller.decision = deny('unavailable', undefined, 'standing not known');
    const { judged } = world.caller;
    await expect.poll(() => world.caller.judged, POLL).toBeGreaterThan(judged);
    const before = stream.beats().length;
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(before);
    world.caller.decision = deny('token_revoked', undefined, 'revocation by token id');
    expect((await stream.ended).code).toBe(status.UNAUTHENTICATED);
    await expect.poll(() => world.watches.size, POLL).toBe(0);
  });

  it('is released if the caller goes away while it is judged', async () => {
    const judged = Promise.withResolvers<Decision>();
    world.caller.decision = judged.promise;
    const stream = world.client.open();
    await expect.poll(() => world.caller.judged, POLL).toBe(1);
    stream.close();
    await stream.ended;
    const next = world.client.open();
    await expect.poll(() => world.caller.judged, POLL).toBe(2);
    judged.resolve(allowed());
    await expect.poll(() => next.beats().length, POLL).toBeGreaterThan(0);
    expect(world.watches.size).toBe(1);
  });

  it('is released after its life if the caller does not read', async () => {
    await openUnread();
    expect(world.watches.size).toBe(1);
    world.time.laterMs += WATCH_LIFE_MS;
    await expect.poll(() => world.watches.size, POLL).toBe(0);
  });

  it('ends with an error, and not the process, if a bug keeps its caller from being judged again', async () => {
    const stream = world.client.open();
    await expect.poll(() => stream.beats().length, POLL).toBeGreaterThan(0);
    const bug = new Error('a bug');
    const decision = Promise.reject(bug);
    decision.catch(() => undefined);
    world.caller.decision = decision;
    world.expected.push(['/sallyport.access.v1.AccessService/WatchRevocations', bug]);
    expect((await stream.ended).code).toBe(status.INTERNAL);
    expect(world.watches.size).toBe(0);
  });

  it('refuses a caller_time that would not come back as it was', async () => {
    expect(await world.client.open(2 ** 53 + 2).ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});
