import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheFields, NO_STORE } from './cache-fields.ts';

const AT = 1_800_000_000;
const NOW_MS = AT * 1000;

describe('cacheFields()', () => {
  it.each([
    { keepMs: 3_000, sinceMs: 0, at: AT + 2 },
    { keepMs: 3_000, sinceMs: 999, at: AT + 2 },
    { keepMs: 2_999, sinceMs: 0, at: AT + 1 },
    { keepMs: 2_999, sinceMs: 1, at: AT + 2 },
    { keepMs: 2_000, sinceMs: 0, at: AT + 1 },
    { keepMs: 60_000, sinceMs: 500, at: AT + 59 },
  ])('names the second before the last one: $keepMs ms kept, asked at .$sinceMs', ({ keepMs, sinceMs, at }) => {
    const [first, ...others] = cacheFields(keepMs, NOW_MS + sinceMs, 60_000);
    expect(first).toEqual(['x-accel-expires', `@${at}`]);
    expect(others).toEqual(NO_STORE);
  });

  it.each([
    { when: 'nothing may be kept', keepMs: 0, maxStalenessMs: 60_000 },
    { when: 'maxStaleness is under three seconds', keepMs: 2_999, maxStalenessMs: 2_999 },
    { when: 'too little is left', keepMs: 1_999, maxStalenessMs: 60_000 },
  ])('lets nothing be kept when $when', ({ keepMs, maxStalenessMs }) => {
    expect(cacheFields(keepMs, NOW_MS, maxStalenessMs)).toEqual(NO_STORE);
  });

  it('never lets nginx keep an answer longer than it may be kept', () => {
    const figures = fc.record({ keepMs: fc.nat(60_000), sinceMs: fc.nat(999), maxStalenessMs: fc.nat(60_000) });
    fc.assert(
      fc.property(figures, ({ keepMs, sinceMs, maxStalenessMs }) => {
        const askedAtMs = NOW_MS + sinceMs;
        const [[name, value] = ['', '']] = cacheFields(keepMs, askedAtMs, maxStalenessMs);
        if (name !== 'x-accel-expires') return;
        // nginx uses it until its clock shows the next second.
        const endsAtMs = (Number(value.slice(1)) + 1) * 1000;
        expect(endsAtMs - askedAtMs).toBeLessThanOrEqual(keepMs);
        expect(endsAtMs - askedAtMs).toBeGreaterThan(1000);
      }),
    );
  });
});
