import { describe, expect, it } from 'vitest';
import { fillBlocks } from '../../tools/marked-blocks.ts';

const PAGE = 'before\n<!-- generated: a -->\nold\n<!-- end -->\nbetween\n<!-- generated: b -->\n<!-- end -->\nafter\n';

describe('fillBlocks()', () => {
  it('replaces each block by the text of its name, and nothing else', () => {
    const filled = fillBlocks(PAGE, new Map(Object.entries({ a: 'new', b: '$& stays' })));
    expect(filled).toBe(
      'before\n<!-- generated: a -->\n\nnew\n\n<!-- end -->\nbetween\n<!-- generated: b -->\n\n$& stays\n\n<!-- end -->\nafter\n',
    );
  });

  it('refuses a page that lacks a block, or has one too many', () => {
    const texts = { a: '1', b: '2', c: '3' };
    expect(() => fillBlocks(PAGE, new Map(Object.entries(texts)))).toThrow('the page has no block for: c');
    expect(() => fillBlocks(PAGE, new Map([['a', '1']]))).toThrow('no text is generated for: b');
  });
});
