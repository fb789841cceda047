import { expect, it } from 'vitest';
import { patternProblem } from '../config/sections/patterns.ts';
import { patternFor } from './path-template.ts';

it.each([
  ['/pets/{petId}', '/pets/{petId}'],
  ['/pets/{pet-id}/{2nd}', '/pets/{pet_id}/{_2nd}'],
  ['/a/{a.b}/{a-b}/{}', '/a/{a_b}/{a_b_2}/{_}'],
  ['/caf%C3%A9/a%20b', '/café/a b'],
  ['/', '/'],
  ['/a/', '/a/'],
])('patternFor(%j) is %s', (template, pattern) => {
  expect(patternFor(template)).toEqual({ outcome: 'pattern', pattern });
  expect(patternProblem(pattern)).toBeUndefined();
});

it.each([
  ['/a/{id}:cancel', /part of a segment/],
  ['/a/{id}.json', /part of a segment/],
  ['/a/{x}{y}', /part of a segment/],
  ['/a/{path+}', /may stand for several segments/],
  ['/a/*', /no request that is decided/],
  ['/a?b=c', /no request that is decided/],
  ['/a%2Fb', /no request that is decided/],
  ['/a/../b', /no request that is decided/],
  ['/a\n', /no request that is decided/],
  ['a', /does not begin/],
])('patternFor(%j) has no pattern', (template, why) => {
  expect(patternFor(template)).toMatchObject({ outcome: 'inexpressible', why: expect.stringMatching(why) });
});
