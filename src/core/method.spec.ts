import { describe, expect, it } from 'vitest';
import { isPlainMethod } from './method.ts';

describe('isPlainMethod()', () => {
  it.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PROPFIND',
    'M-SEARCH',
    'A',
  ])('is true of %s', (method) => {
    expect(isPlainMethod(method)).toBe(true);
  });

  it.each(['', 'post', 'Post', 'GEt', 'get', '-', '-GET', 'GET-', 'A--B', 'GET ', ' GET', 'GET\n', 'GET\0', 'G_T'])(
    'is false of %j',
    (method) => {
      expect(isPlainMethod(method)).toBe(false);
    },
  );

  // Each of these changes into POST, or GET, where its case is folded or its ends are trimmed.
  it.each(['PO\u017fT', 'PO\u00dfT', 'GET\u00a0', '\ufeffGET', 'ＧＥＴ', 'GET1', 'G.ET', "GE'T", '*'])(
    'is false of the odd %j',
    (method) => {
      expect(isPlainMethod(method)).toBe(false);
    },
  );

  it('answers at once about a method as long as a header', () => {
    expect(isPlainMethod('A-'.repeat(30_000))).toBe(false);
    expect(isPlainMethod('A'.repeat(60_000))).toBe(true);
  });
});
