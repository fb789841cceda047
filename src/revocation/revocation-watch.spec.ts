import { describe, expect, it } from 'vitest';
import { MONOTONIC_MS, NOW_MS } from '../../test/support/core.ts';
import type { Voucher, WatchMessage } from './revocation-watch.ts';
import { MAX_WAITING, RevocationWatch } from './revocation-watch.ts';

const FRESH: Voucher = () => ({ ageMs: 12.2, maxStalenessMs: 1_000 });

/** A watch that began at the specs' time, and its messages `laterMs` after that. */
function begin(voucher: Voucher = FRESH, lifeMs = 60_000) {
  const watch = new RevocationWatch({ monotonicMs: MONOTONIC_MS, wallMs: NOW_MS }, lifeMs, voucher);
  const at = (laterMs: number) => ({ monotonicMs: MONOTONIC_MS + laterMs, wallMs: NOW_MS + laterMs });
  const takeAll = (laterMs = 0): WatchMessage[] => {
    const messages: WatchMessage[] = [];
    for (let next = watch.take(at(laterMs)); next !== undefined; next = watch.take(at(laterMs))) {
      messages.push(next);
      if (next.kind === 'end') break;
    }
    return messages;
  };
  return { watch, at, takeAll };
}

const beat = (elapsedMs: number, endsInMs: number) => ({
  kind: 'beat',
  elapsedMs,
  ageMs: 13,
  maxStalenessMs: 1_000,
  endsInMs,
});

describe('RevocationWatch', () => {
  it('begins with a beat, rounded against the watcher', () => {
    expect(begin().takeAll(3.9)).toEqual([beat(3, 59_997)]);
  });

  it('has one beat for each that is due, made when it is taken', () => {
    const { watch, takeAll } = begin();
    takeAll();
    expect(takeAll(100)).toEqual([]);
    watch.beat();
    watch.beat();
    expect(takeAll(5_000)).toEqual([beat(5_000, 55_000)]);
  });

  it('reports changes before the beat that vouches for them, each key once', () => {
    const { watch, takeAll } = begin();
    watch.changed(['a', 'b']);
    watch.changed(['b', 'c']);
    expect(takeAll()).toEqual([{ kind: 'changed', keys: ['a', 'b', 'c'] }, beat(0, 60_000)]);
  });

  it('splits many changes into messages of 512 keys', () => {
    const { watch, takeAll } = begin();
    watch.changed(Array.from({ length: 1_025 }, (_, index) => `key ${index}`));
    expect(takeAll().flatMap((message) => (message.kind === 'changed' ? [message.keys.length] : []))).toEqual([
      512, 512, 1,
    ]);
  });

  it('resets in place of more changes than it holds, and holds none until then', () => {
    const { watch, takeAll } = begin();
    takeAll();
    watch.changed(Array.from({ length: MAX_WAITING }, (_, index) => `key ${index}`));
    watch.changed(['one more']);
    watch.changed(['another']);
    expect(takeAll()).toEqual([{ kind: 'reset', reason: 'too many changes' }]);
    watch.changed(['after it']);
    expect(takeAll()).toEqual([{ kind: 'changed', keys: ['after it'] }]);
  });

  it('resets once, for the first reason, before anything else', () => {
    const { watch, takeAll } = begin();
    watch.changed(['a']);
    watch.forget('changes missed');
    watch.forget('answers changed');
    expect(takeAll()).toEqual([{ kind: 'reset', reason: 'changes missed' }, beat(0, 60_000)]);
  });

  it('has no beat while the feed vouches for nothing', () => {
    const feed: { voucher: ReturnType<Voucher> } = { voucher: undefined };
    const { watch, takeAll } = begin(() => feed.voucher);
    expect(takeAll()).toEqual([]);
    watch.beat();
    feed.voucher = { ageMs: 0, maxStalenessMs: 500 };
    expect(takeAll(250)).toEqual([{ ...beat(250, 59_750), ageMs: 0, maxStalenessMs: 500 }]);
  });

  it('ends after its life, and reports what waits before that', () => {
    const { watch, takeAll } = begin(FRESH, 1_000);
    takeAll();
    watch.changed(['a']);
    expect(takeAll(1_000)).toEqual([{ kind: 'changed', keys: ['a'] }, { kind: 'end' }]);
  });

  it('says with the next beat that it ends sooner, but never that it ends later', () => {
    const { watch, at, takeAll } = begin();
    takeAll();
    watch.endAfter(2_000, at(10_000));
    expect(takeAll(10_000)).toEqual([beat(10_000, 2_000)]);
    watch.endAfter(9_000, at(11_000));
    expect(takeAll(11_000)).toEqual([beat(11_000, 1_000)]);
    expect(takeAll(12_000)).toEqual([{ kind: 'end' }]);
  });
});
