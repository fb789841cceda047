import { describe, expect, it } from 'vitest';
import { readRing } from './key-ring-text.ts';

describe('readRing()', () => {
  it.each([
    ['no JSON', '{', 'a record is not JSON'],
    ['no object', '"x"', 'a record is not a JSON object'],
    ['no list', '{"revision":1,"keys":{}}', 'the signing keys are not a list'],
    ['no revision', '{"keys":[]}', 'the member "revision" of a record is not a number'],
    ['an entry that is no key', '{"revision":1,"keys":[null]}', 'a record is not a JSON object'],
    ['a key without a name', '{"revision":1,"keys":[{}]}', 'the member "kid" of a record is not text'],
  ])('throws for %s', (_what, text, message) => {
    expect(() => readRing(text)).toThrow(message);
  });
});
