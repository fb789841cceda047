import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../test/support/simulated-time.ts';
import { Circuit } from './circuit.ts';

let time: SimulatedTime;
let circuit: Circuit;

beforeEach(() => {
  time = new SimulatedTime();
  circuit = new Circuit({ clock: time, random: () => 0 });
});

/** Fails until the server rests. */
function trip(): void {
  for (let index = 0; index < 3; index++) circuit.failed('question');
}

describe('Circuit', () => {
  it('gives leave while failures are not three in a row', () => {
    for (let index = 0; index < 5; index++) {
      expect([circuit.failed('question'), circuit.failed('question')]).toEqual([false, false]);
      expect(circuit.leave()).toBe('question');
      expect(circuit.succeeded()).toBe(false);
    }
    expect(circuit.failures).toBe(0);
  });

  it('lets the server rest from the third in a row on, and says so once', () => {
    expect([1, 2, 3, 4, 5].map(() => circuit.failed('question'))).toEqual([false, false, true, false, false]);
    expect(circuit.leave()).toBeUndefined();
    expect(circuit.failures).toBe(5);
  });

  it('then tries it with one question at a time', () => {
    trip();
    time.nowMs += 999;
    expect(circuit.leave()).toBeUndefined();
    time.nowMs += 1;
    expect([circuit.leave(), circuit.leave(), circuit.leave()]).toEqual(['trial', undefined, undefined]);
    // One that was asked before is no trial.
    expect(circuit.failed('question')).toBe(false);
    expect(circuit.leave()).toBeUndefined();
    expect(circuit.succeeded()).toBe(true);
    expect([circuit.leave(), circuit.leave()]).toEqual(['question', 'question']);
  });

  it('rests for longer after each trial that fails, up to ten seconds', () => {
    trip();
    const restsMs = [1_000, 2_000, 4_000, 8_000, 10_000, 10_000].map((restMs) => {
      time.nowMs += restMs - 1;
      expect(circuit.leave()).toBeUndefined();
      time.nowMs += 1;
      expect(circuit.leave()).toBe('trial');
      expect(circuit.failed('trial')).toBe(true);
      return restMs;
    });
    expect(restsMs).toHaveLength(6);
    circuit.succeeded();
    trip();
    time.nowMs += 1_000;
    expect(circuit.leave()).toBe('trial');
  });

  it('shortens a rest by chance, a quarter at most', () => {
    circuit = new Circuit({ clock: time, random: () => 0.999 });
    trip();
    time.nowMs += 751;
    expect(circuit.leave()).toBe('trial');
  });
});
