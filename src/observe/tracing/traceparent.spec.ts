import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maySample, readTraceParent } from './traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('readTraceParent()', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    [`cc-${TRACE}-${SPAN}-01`, true],
    [`01-${TRACE}-${SPAN}-01-what the future will be like`, true],
  ])('reads %s', (value, isSampled) => {
    expect(readTraceParent(value)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
    expect(maySample(value)).toBe(isSampled);
  });

  it.each([
    undefined,
    '',
    '01',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-more`,
    `01-${TRACE}-${SPAN}-01.more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-0x`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
    `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01,`,
    `00_${TRACE}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01-${'x'.repeat(500)}`,
  ])('refuses %j', (value) => {
    expect(readTraceParent(value)).toBeUndefined();
  });

  it('never reads more than the cheap check lets pass', () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    fc.assert(
      fc.property(hex(2), hex(32), hex(16), hex(2), fc.string(), (version, trace, span, flags, more) => {
        const value = `${version}-${trace}-${span}-${flags}${more}`;
        const read = readTraceParent(value);
        return read === undefined || read.isSampled === maySample(value);
      }),
    );
  });
});
