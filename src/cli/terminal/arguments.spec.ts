import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';

const OPTIONS = { out: { type: 'string' }, yes: { type: 'boolean' } } as const;

describe('parseArguments()', () => {
  it('reads options and what stands beside them', () => {
    const { values, positionals } = parseArguments(['x', '--out', 'f', '--yes', '--config=c'], OPTIONS);
    expect([{ ...values }, positionals]).toEqual([{ out: 'f', yes: true, config: 'c' }, ['x']]);
  });

  it.each([
    [['--confg', 'x'], 'there is no option --confg, did you mean --config?'],
    [['--frobnicate'], 'there is no option --frobnicate'],
    [['--__proto__'], 'there is no option --__proto__'],
    [['-x'], 'there is no option -x'],
    [['--out'], '--out needs a value'],
    [['--out', '--yes'], '--out needs a value; write --out=VALUE for one that begins with a dash'],
    [['--yes=no'], '--yes takes no value'],
  ])('says of %j: %s', (args, words) => {
    expect(() => parseArguments(args, OPTIONS)).toThrow(new RegExp(`^${words.replace('?', '\\?')}$`));
  });
});
