import { describe, expect, it } from 'vitest';
import { parseExposition } from './exposition.ts';

const OPENED = '# HELP a_total x\n# TYPE a_total counter\n';

describe('parseExposition()', () => {
  it('reads values by their labels, unescaped', () => {
    const scrape = parseExposition(`${OPENED}a_total{r="\\"\\\\\\n",q=""} 1.5e+3\na_total +Inf\n`);
    expect(scrape.value('a_total', { q: '', r: '"\\\n' })).toBe(1500);
    expect(scrape.value('a_total')).toBe(Infinity);
    expect(scrape.value('a_total', { q: '' })).toBeUndefined();
  });

  it.each([
    ['no final newline', `${OPENED}a_total 1`],
    ['a sample without its family', 'a_total 1\n'],
    ["another family's sample", `${OPENED}b_total 1\n`],
    ['a type without help', '# TYPE a_total counter\n'],
    ['a repeated family', OPENED + OPENED],
    ['a counter whose name does not end in _total', '# HELP a x\n# TYPE a counter\n'],
    ['a gauge whose name ends in _total', '# HELP a_total x\n# TYPE a_total gauge\n'],
    ['a repeated series', `${OPENED}a_total{a="1",b="2"} 1\na_total{b="2",a="1"} 1\n`],
    ['a repeated label', `${OPENED}a_total{a="1",a="2"} 1\n`],
    ['an unescaped quote', `${OPENED}a_total{a="""} 1\n`],
    ['an unknown escape', `${OPENED}a_total{a="\\t"} 1\n`],
    ['a value that is not a number', `${OPENED}a_total undefined\n`],
    ['an empty line', `${OPENED}\n`],
    ['a bucket outside a histogram', '# HELP a x\n# TYPE a gauge\na_bucket{le="1"} 1\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
