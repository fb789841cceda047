import { expect, it } from 'vitest';
import { metadataEncoder } from '../../../test/support/mcp/metadata.ts';
import type { Gateway } from '../gateway.ts';
import { countKeptPasses } from './kept-passes.ts';
import { loadPackage } from './transports/grpc-js/definition.ts';

const encode = metadataEncoder();
const { metadata } = loadPackage();

function counted(namespaces: Readonly<Record<string, object>>): readonly unknown[] {
  const seen: unknown[] = [];
  const countKept: Gateway['countKept'] = (...pass) => void seen.push(pass);
  // Only this member is read.
  countKeptPasses(metadata.deserialize(Buffer.from(encode(namespaces))), { countKept } as Gateway);
  return seen;
}

it('counts each label by issuer and route', () => {
  const hits = { 'corporate /3rdparty/v1/messages': 7, 'sallyport /café au lait': 1 };
  expect(counted({ 'sallyport.kept': { hits } })).toEqual([
    ['corporate', '/3rdparty/v1/messages', 7],
    ['sallyport', '/café au lait', 1],
  ]);
});

it.each<[what: string, hits: object]>([
  ['no number', { 'a /b': '7', 'a /c': true, 'a /d': [7], 'a /e': { f: 7 } }],
  ['a number that counts nothing', { 'a /b': 0, 'a /c': -1, 'a /d': 1.5, 'a /e': Number.NaN }],
  ['a number that would break a counter', { 'a /b': Number.POSITIVE_INFINITY, 'a /c': 1e300, 'a /d': 1e9 + 1 }],
  ['a label of another form', { '': 7, a: 7, ' /b': 7 }],
])('leaves out %s', (_what, hits) => {
  expect(counted({ 'sallyport.kept': { hits } })).toEqual([]);
});

it('counts nothing without a report', () => {
  expect(counted({})).toEqual([]);
  expect(counted({ 'sallyport.kept': { decided: true, hits: 'none' } })).toEqual([]);
  expect(counted({ 'sallyport.other': { hits: { 'a /b': 7 } } })).toEqual([]);
});

it('reads at most sixteen labels of one check', () => {
  const hits = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a /${index}`, 1]));
  expect(counted({ 'sallyport.kept': { hits } })).toHaveLength(16);
});
