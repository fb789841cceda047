import { describe, expect, it } from 'vitest';
import { entryText } from './entry-text.ts';

describe('wordsOfEntry()', () => {
  it.each([
    ['{"at":1800000000,"by":"ada","reason":"leaked"}', 'revoked 2027-01-15T08:00:00.000Z by ada: leaked'],
    ['{"at":1800000000,"by":"ada"}', 'revoked 2027-01-15T08:00:00.000Z by ada'],
    ['{"reason":"leaked"}', 'revoked: leaked'],
    ['', 'revoked; it does not say when, by whom and why'],
    ['yes\n', "revoked; it says 'yes\\u{a}'"],
    ['after:1800000000', 'counts from 2027-01-15T08:00:00.000Z'],
  ])('tells what %j says of a token', (value, words) => {
    for (const key of ['revoked:own:t', 'revoked-key:own:k', 'revoked-thumbprint:ab']) {
      expect(entryText(`sallyport:${key}`, value)).toBe(words);
    }
  });

  it.each([
    ['1800000000', 'ends what was issued up to 2027-01-15T08:00:00.000Z'],
    ['999999999999999', 'ends whatever is issued, forever'],
    ['now', "ends whatever was issued: its time cannot be read in 'now'"],
  ])('tells what the mark %j says', (value, words) => {
    for (const key of ['notbefore:own:s', 'notbefore-issuer:own']) {
      expect(entryText(`sallyport:${key}`, value)).toBe(words);
    }
  });
});
