import { describe, expect, it } from 'vitest';
import { LogInDigests } from './log-in-digests.ts';

const digests = new LogInDigests(new Uint8Array(32));

describe('LogInDigests', () => {
  it.each([
    ['ada', undefined],
    ['Ada', 'ADA@example.com'],
    // Its small letter has a composed form, and it has none itself: NFC changes it once more when it is small.
    ['J\u030can', undefined],
    ['\u03aa\u0301', 'T\u0308@example.com'],
  ])('ofNames() are those under which somebody logs in to %s', (name, email) => {
    const typed = [name, ...(email === undefined ? [] : [email])];
    expect(digests.ofNames({ name, email })).toEqual(typed.map((each) => digests.ofName(each)));
  });

  it('ofNames() holds what is both name and e-mail address once', () => {
    expect(digests.ofNames({ name: 'a@b', email: 'A@B' })).toEqual([digests.ofName('a@b')]);
  });
});
