import { describe, expect, it } from 'vitest';
import { isTrusted } from './trusted-proxies.ts';

describe('isTrusted()', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::1', true],
    ['::2', false],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['', false],
    ['nonsense', false],
  ])('of %j', (address, trusted) => {
    expect(isTrusted(address, ['127.0.0.0/8', '::1', '2001:db8::/32', '192.0.2.7'])).toBe(trusted);
  });

  it('trusts nobody where nobody is listed', () => {
    expect(isTrusted('127.0.0.1', [])).toBe(false);
  });
});
