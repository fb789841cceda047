import { describe, expect, it } from 'vitest';
import { LogInDigests } from './log-in-digests.ts';

const digests = new LogInDigests(new Uint8Array(32));

describe('LogInDigests', () => {
  it.each([
    ['ada', undefined],
    ['Ada', 'ADA@example.com'],
    // The capital has no composed form, but its lower-case letter has one: NFC changes the lower-case name again.
    ['J\u030can', undefined],
    ['\u03aa\u0301', 'T\u0308@example.com'],
  ])('ofNames() returns the digests under which a log-in to %s is counted', (name, email) => {
    const typed = [name, ...(email === undefined ? [] : [email])];
    expect(digests.ofNames({ name, email })).toEqual(typed.map((each) => digests.ofName(each)));
  });

  it('ofNames() returns one digest if the name is also the e-mail address', () => {
    expect(digests.ofNames({ name: 'a@b', email: 'A@B' })).toEqual([digests.ofName('a@b')]);
  });
});
