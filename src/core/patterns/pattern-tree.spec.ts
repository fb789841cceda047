import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { overlaps, shapeOf } from './pattern-order.ts';
import { PatternTree } from './pattern-tree.ts';

const segment = fc.constantFrom('a', 'b', '{x}');
const pattern = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/', '/**'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/^\/\//, '/'));

it('finds exactly the patterns that overlap', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 8 }), pattern, (patterns, asked) => {
      const shapes = [...new Set(patterns.map(shapeOf))];
      const tree = new PatternTree<string>();
      for (const one of patterns) tree.at(one, () => shapeOf(one));
      const expected = shapes.filter((one) => overlaps(one, asked));
      expect(tree.overlapping(asked, { left: 1000 }).toSorted()).toEqual(expected.toSorted());
    }),
  );
});

it('visits no more branches than it may', () => {
  const tree = new PatternTree<string>();
  for (let index = 0; index < 100; index++) tree.at(`/a${index}`, () => 'one');
  const effort = { left: 10 };
  expect(tree.overlapping('/{x}', effort)).toHaveLength(9);
  expect(effort.left).toBeLessThan(0);
});
