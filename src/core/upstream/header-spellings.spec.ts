import { describe, expect, it } from 'vitest';
import { otherSpellings } from './header-spellings.ts';

describe('otherSpellings()', () => {
  it('writes each hyphen in each way, mixed too', () => {
    expect(otherSpellings('x-a').toSorted()).toEqual(['x.a', 'x_a']);
    expect(otherSpellings('x-auth-subject').toSorted()).toEqual([
      'x-auth.subject',
      'x-auth_subject',
      'x.auth-subject',
      'x.auth.subject',
      'x.auth_subject',
      'x_auth-subject',
      'x_auth.subject',
      'x_auth_subject',
    ]);
  });

  it('has none for a name without hyphens', () => {
    expect(otherSpellings('forwarded')).toEqual([]);
  });

  it('is bounded for a name of many hyphens', () => {
    const many = otherSpellings(Array.from({ length: 30 }, () => 'x').join('-'));
    expect(new Set(many).size).toBe(242);
    expect(many).toHaveLength(242);
  });
});
