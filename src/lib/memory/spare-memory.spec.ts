import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { giveSpareMemoryBack } from './spare-memory.ts';

const MEBIBYTE = 1024 * 1024;
const LOOK_MS = 2_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const engine = { bytes: 50 * MEBIBYTE, ms: 100, calls: new Array<string>() };
  const stop = giveSpareMemoryBack({
    oldBytes: () => engine.bytes,
    cpuMs: () => engine.ms,
    setFlag: (flag) => void engine.calls.push(flag),
    growYoungGeneration: () => void engine.calls.push('grow'),
  });
  const look = (grownBytes: number, workedMs: number): void => {
    engine.bytes += grownBytes;
    engine.ms += workedMs;
    vi.advanceTimersByTime(LOOK_MS);
  };
  return { calls: engine.calls, look, stop };
}

it('saves memory once it does not grow, for some seconds, and again after it has grown', () => {
  const { calls, look, stop } = setUp();
  look(40 * MEBIBYTE, 0);
  expect(calls).toEqual([]);
  look(MEBIBYTE, 0);
  expect(calls).toEqual(['--optimize-for-size']);
  look(-30 * MEBIBYTE, 0);
  for (let looks = 0; looks < 20; looks++) look(0, 0);
  expect(calls).toEqual(['--optimize-for-size', '--no-optimize-for-size']);
  look(9 * MEBIBYTE, 0);
  expect(calls).toHaveLength(2);
  look(0, 0);
  expect(calls).toHaveLength(3);
  stop();
});

it('stops saving while memory grows, and goes on later', () => {
  const { calls, look, stop } = setUp();
  look(0, 0);
  look(5 * MEBIBYTE, 0);
  look(5 * MEBIBYTE, 0);
  expect(calls).toEqual(['--optimize-for-size', '--no-optimize-for-size']);
  look(0, 0);
  expect(calls).toHaveLength(3);
  stop();
});

it('restores the flag at the end', () => {
  const { calls, look, stop } = setUp();
  look(0, 0);
  stop();
  look(0, 0);
  expect(calls).toEqual(['--optimize-for-size', '--no-optimize-for-size']);
});

it('gives a busy process its young generation back, which V8 made smaller', () => {
  const { calls, look, stop } = setUp();
  look(40 * MEBIBYTE, 300);
  expect(calls).toEqual([]);
  look(40 * MEBIBYTE, 500);
  expect(calls).toEqual(['grow']);
  stop();
});

it('changes flags that this V8 knows', async () => {
  const { cachedDataVersionTag, setFlagsFromString } = await import('node:v8');
  const before = cachedDataVersionTag();
  setFlagsFromString('--optimize-for-size');
  expect(cachedDataVersionTag()).not.toBe(before);
  setFlagsFromString('--no-optimize-for-size');
  expect(cachedDataVersionTag()).toBe(before);
});
