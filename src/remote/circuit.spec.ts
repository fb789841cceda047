import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../test/support/simulated-time.ts';
import { Circuit } from './circuit.ts';

let time: SimulatedTime;
let circuit: Circuit;

beforeEach(() => {
  time = new SimulatedTime();
  circuit = new Circuit({ clock: time, random: () => 0 });
});

/** Fails until the circuit opens. */
function trip(): void {
  for (let index = 0; index < 3; index++) circuit.failed('request');
}

describe('Circuit', () => {
  it('permits requests while fewer than three fail in a row', () => {
    for (let index = 0; index < 5; index++) {
      expect([circuit.failed('request'), circuit.failed('request')]).toEqual([false, false]);
      expect(circuit.permit()).toBe('request');
      expect(circuit.succeeded()).toBe(false);
    }
    expect(circuit.failures).toBe(0);
  });

  it('starts one pause at the third failure in a row', () => {
    expect([1, 2, 3, 4, 5].map(() => circuit.failed('request'))).toEqual([false, false, true, false, false]);
    expect(circuit.permit()).toBeUndefined();
    expect(circuit.failures).toBe(5);
  });

  it('permits one trial at a time after the pause', () => {
    trip();
    time.nowMs += 999;
    expect(circuit.permit()).toBeUndefined();
    time.nowMs += 1;
    expect([circuit.permit(), circuit.permit(), circuit.permit()]).toEqual(['trial', undefined, undefined]);
    // A request that was sent before the pause is not the trial.
    expect(circuit.failed('request')).toBe(false);
    expect(circuit.permit()).toBeUndefined();
    expect(circuit.succeeded()).toBe(true);
    expect([circuit.permit(), circuit.permit()]).toEqual(['request', 'request']);
  });

  it('doubles the pause after each failed trial, up to ten seconds', () => {
    trip();
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      time.nowMs += pauseMs - 1;
      expect(circuit.permit()).toBeUndefined();
      time.nowMs += 1;
      expect(circuit.permit()).toBe('trial');
      expect(circuit.failed('trial')).toBe(true);
    }
    circuit.succeeded();
    trip();
    time.nowMs += 1_000;
    expect(circuit.permit()).toBe('trial');
  });

  it('shortens a pause by at most a quarter at random', () => {
    circuit = new Circuit({ clock: time, random: () => 0.999 });
    trip();
    time.nowMs += 751;
    expect(circuit.permit()).toBe('trial');
  });
});
