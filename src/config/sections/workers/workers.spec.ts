import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf, warningsOf } from '../../../../test/support/config.ts';

describe('workers', () => {
  it.each([
    ['', 1],
    ['workers: 1', 1],
    ['workers: 4', 4],
    ['workers: auto', 'auto'],
  ])('reads %j', (text, workers) => {
    expect(configOf(text).workers).toBe(workers);
  });

  it.each(['0', '65', '1.5', '"2"', '', '[2]', 'many', 'true', '-2', '1e400', '99999999999999999999'])(
    'refuses %s',
    (text) => {
      expect(problemsOf(fileWith(`workers: ${text}`))).toEqual([
        expect.stringContaining('workers: expected auto, or a whole number from 1 to 64, found'),
      ]);
    },
  );

  it.each(['2', 'auto'])('refuses %s with a store in memory', (workers) => {
    expect(problemsOf(fileWith(`workers: ${workers}\nstore: "memory:"`))).toEqual([
      expect.stringContaining('workers: needs a store that processes share: with memory:, no worker would learn'),
    ]);
    expect(problemsOf(fileWith('workers: 1\nstore: "memory:"'))).toEqual([]);
  });

  it('refuses several without the listener that they serve', () => {
    const file = 'version: 1\nlisten: { verify: 127.0.0.1:1 }\nworkers: 2\nroutes: []';
    expect(problemsOf(file)).toEqual([
      '3:10: workers: has no effect without listen.extAuthz: workers serve no other listener',
    ]);
  });

  it('warns of proofs that each worker remembers for itself', () => {
    const dpop = (replay: string): string => `dpop: { origins: ["https://a.example"], replay: ${replay} }`;
    const warned = (workers: number, replay: string): boolean =>
      warningsOf(fileWith(`workers: ${workers}\n${dpop(replay)}`)).some((text) =>
        text.includes('with several workers'),
      );
    expect([warned(2, 'memory'), warned(1, 'memory'), warned(2, 'store')]).toEqual([true, false, false]);
  });
});
