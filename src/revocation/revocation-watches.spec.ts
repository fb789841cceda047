import { describe, expect, it } from 'vitest';
import { makeFreshness } from '../../test/support/core.ts';
import { SimulatedTime } from '../../test/support/simulated-time.ts';
import type { RevocationWatcher } from '../revocation-set/revocation-watcher.ts';
import type { WatchMessage } from './revocation-watch.ts';
import type { OpenWatch } from './revocation-watches.ts';
import { RevocationWatches, WATCH_LIFE_MS } from './revocation-watches.ts';

/** Watches over a set whose feed the test speaks for. */
class World {
  readonly time = new SimulatedTime();
  /** How far the wall clock was set from the monotonic one. */
  wallOffsetMs = 5_000_000;
  isSound = true;
  watcher: RevocationWatcher | undefined;
  readonly freshness = { ...makeFreshness(), heardUpToMs: 0, heardUpToWallMs: 0 };
  readonly watches = new RevocationWatches({
    set: {
      addWatcher: (watcher) => {
        this.watcher = watcher;
        return () => (this.watcher = undefined);
      },
      isSound: () => this.isSound,
      standings: { freshness: this.freshness },
    },
    clock: { monotonicMs: () => this.time.nowMs, wallMs: () => this.time.nowMs + this.wallOffsetMs },
    timers: this.time,
  });

  constructor() {
    this.hear();
  }

  hear(): void {
    this.freshness.heardUpToMs = this.time.nowMs;
    this.freshness.heardUpToWallMs = this.time.nowMs + this.wallOffsetMs;
  }

  /** A watcher that reads at once, unless it is told to stop. */
  begin() {
    const received: WatchMessage[] = [];
    const reader = { reads: true };
    const read = (): void => {
      if (!reader.reads || open.outcome !== 'watching') return;
      for (let next = open.take(); next !== undefined; next = open.take()) {
        received.push(next);
        if (next.kind !== 'end') continue;
        open.close();
        return;
      }
    };
    const open: ReturnType<RevocationWatches['begin']> = this.watches.begin(() => read());
    read();
    return { open: open as OpenWatch, received, reader, read };
  }
}

const agesOf = (messages: readonly WatchMessage[]): number[] =>
  messages.flatMap((message) => (message.kind === 'beat' ? [message.ageMs] : []));

describe('RevocationWatches', () => {
  it('sends a beat at once, and four within maxStaleness', async () => {
    const world = new World();
    const { received } = world.begin();
    await world.time.advance(1_000);
    expect(agesOf(received)).toEqual([0, 250, 500, 750, 1_000]);
  });

  it('has the age grow while the feed is silent', async () => {
    const world = new World();
    const { received } = world.begin();
    await world.time.advance(5_000);
    expect(agesOf(received).at(-1)).toBe(5_000);
    world.hear();
    await world.time.advance(250);
    expect(agesOf(received).at(-1)).toBe(250);
  });

  it('counts the age by the clock that says more', async () => {
    const world = new World();
    const { received } = world.begin();
    world.wallOffsetMs += 3_600_000;
    await world.time.advance(250);
    expect(agesOf(received).at(-1)).toBe(3_600_250);
  });

  it.each<[string, (world: World) => void]>([
    ['the set is lost', (world) => (world.isSound = false)],
    ['the feed was never heard', (world) => (world.freshness.heardUpToMs = Number.NEGATIVE_INFINITY)],
    ['the wall clock was set back by more than maxStaleness', (world) => (world.wallOffsetMs -= 1_001)],
  ])('sends no beat while %s', async (_, act) => {
    const world = new World();
    act(world);
    const { received } = world.begin();
    await world.time.advance(2_000);
    expect(received).toEqual([]);
  });

  it('vouches without an age where the set is in memory', () => {
    const world = new World();
    world.freshness.heardUpToMs = Number.POSITIVE_INFINITY;
    world.freshness.heardUpToWallMs = Number.POSITIVE_INFINITY;
    expect(agesOf(world.begin().received)).toEqual([0]);
  });

  it('sends changes to every watcher, those of one moment in one message', async () => {
    const world = new World();
    const [first, second] = [world.begin(), world.begin()];
    world.watcher?.changed(['a']);
    world.watcher?.changed(['b', 'a']);
    await world.time.advance(0);
    for (const { received } of [first, second])
      expect(received.slice(1)).toEqual([{ kind: 'changed', keys: ['a', 'b'] }]);
  });

  it('holds changes for a watcher that does not read, and makes its beat when it reads again', async () => {
    const world = new World();
    const { received, reader, read } = world.begin();
    reader.reads = false;
    world.watcher?.changed(['a']);
    await world.time.advance(700);
    expect(received).toHaveLength(1);
    reader.reads = true;
    read();
    expect(received.slice(1)).toEqual([
      { kind: 'changed', keys: ['a'] },
      { kind: 'beat', elapsedMs: 700, ageMs: 700, maxStalenessMs: 1_000, endsInMs: WATCH_LIFE_MS - 700 },
    ]);
  });

  it.each<[string, (world: World) => void, string]>([
    ['changes may have been missed', (world) => world.watcher?.lost(), 'changes missed'],
    ['answers change', (world) => world.watches.reset('answers changed'), 'answers changed'],
  ])('resets when %s', async (_, act, reason) => {
    const world = new World();
    const { received } = world.begin();
    act(world);
    await world.time.advance(0);
    expect(received.slice(1)).toEqual([{ kind: 'reset', reason }]);
  });

  it('ends a watch after its life', async () => {
    const world = new World();
    const { received } = world.begin();
    await world.time.advance(WATCH_LIFE_MS);
    expect(received.at(-1)).toEqual({ kind: 'end' });
    expect([world.watches.size, world.time.pending]).toEqual([0, 0]);
  });

  it('announces the end when Sallyport stops, and begins no further watch', async () => {
    const world = new World();
    const { received } = world.begin();
    world.watches.end(2_000);
    await world.time.advance(0);
    expect(received.at(-1)).toMatchObject({ kind: 'beat', endsInMs: 2_000 });
    expect(world.watches.begin(() => undefined)).toEqual({ outcome: 'stopping' });
    await world.time.advance(2_000);
    expect(received.at(-1)).toEqual({ kind: 'end' });
  });

  it('refuses more than 1,000 watches until one is closed', () => {
    const world = new World();
    const open = Array.from({ length: 1_000 }, () => world.begin().open);
    expect(world.watches.begin(() => undefined)).toEqual({ outcome: 'too many' });
    open[0]?.close();
    expect(world.watches.begin(() => undefined).outcome).toBe('watching');
  });

  it('sends beats in time with a maxStaleness that has changed', async () => {
    const world = new World();
    const { received } = world.begin();
    Object.assign(world.freshness, { maxStalenessMs: 400 });
    await world.time.advance(250);
    received.length = 0;
    await world.time.advance(400);
    expect(agesOf(received)).toHaveLength(4);
  });

  it('follows the set no longer once it is stopped', () => {
    const world = new World();
    world.begin();
    world.watches.stop();
    expect([world.watcher, world.time.pending]).toEqual([undefined, 0]);
  });
});
