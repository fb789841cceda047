import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisForTest } from '../../test/support/redis/config.ts';
import { TRACKED_PREFIXES } from '../store/redis/layout.ts';
import { HeartbeatKeys } from './heartbeat.ts';
import { TrackingSession } from './tracking-session.ts';

describe('BeatKeys', () => {
  it('gives each beat a new name under its tracked prefix', () => {
    const keys = new HeartbeatKeys();
    const [first, second] = [keys.next(), keys.next()];
    expect(second.last).toBe(first.key);
    expect(new Set([first.last, first.key, second.key]).size).toBe(3);
    for (const key of [first.key, second.key]) expect(key.startsWith(keys.prefix)).toBe(true);
  });

  it('spreads sessions over 64 prefixes', () => {
    const prefixes = Array.from({ length: 5_000 }, () => new HeartbeatKeys().prefix);
    expect(new Set(prefixes).size).toBe(64);
  });

  it('sort after other keys, so that Redis reports a beat after all changes of the same turn', async () => {
    const { port, client } = await redisForTest();
    const ear = new Redis({ port, protocol: 2, retryStrategy: null });
    onTestFinished(() => ear.disconnect());
    const told: string[] = [];
    ear.on('messageBuffer', (_channel: unknown, keys: unknown) => told.push(String(keys)));
    const id = await ear.client('ID');
    await ear.subscribe('__redis__:invalidate');
    const beats = new HeartbeatKeys();
    const prefixes = [beats.prefix, ...TRACKED_PREFIXES].flatMap((prefix) => ['PREFIX', prefix]);
    await client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...prefixes);
    const { key } = beats.next();
    const changes = TRACKED_PREFIXES.map((prefix) => `${prefix}:own:a`);
    await client.multi([key, ...changes].map((name) => ['set', name, ''])).exec();
    await expect.poll(() => told).toHaveLength(3);
    expect(told.at(-1)).toBe(key);
  });
});

it('TrackingSession refuses prefixes that sort after its heartbeat', () => {
  const listener = { maxStalenessMs: 1_000, changed: () => {}, flushed: () => {}, heardUpTo: () => {} };
  expect(() => new TrackingSession({}, ['a', 'zebra'], listener)).toThrow('the prefix "zebra" must sort before');
});
