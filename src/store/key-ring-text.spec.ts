import { describe, expect, it } from 'vitest';
import { readRing } from './key-ring-text.ts';

describe('readRing()', () => {
  it.each([
    ['text that is not JSON', '{', 'a record is not JSON'],
    ['a string', '"x"', 'a record is not a JSON object'],
    ['keys that are not a list', '{"revision":1,"keys":{}}', 'the signing keys are not a list'],
    ['a missing revision', '{"keys":[]}', 'the member "revision" of a record is not a number'],
    ['a key that is not an object', '{"revision":1,"keys":[null]}', 'a record is not a JSON object'],
    ['a key without a kid', '{"revision":1,"keys":[{}]}', 'the member "kid" of a record is not a string'],
  ])('throws for %s', (_what, text, message) => {
    expect(() => readRing(text)).toThrow(message);
  });
});
