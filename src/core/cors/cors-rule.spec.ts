import { describe, expect, it } from 'vitest';
import { allowsOrigin } from './cors-rule.ts';

const ORIGINS = {
  every: false,
  exact: new Set(['https://app.example.com', 'http://localhost:5173']),
  below: [
    { scheme: 'https://', suffix: '.example.org' },
    { scheme: 'https://', suffix: '.example.net:8443' },
  ],
};

describe('allowsOrigin()', () => {
  it.each([
    'https://app.example.com',
    'http://localhost:5173',
    'https://a.example.org',
    'https://a.b.example.org',
    'https://a.example.net:8443',
  ])('is true of %j', (origin) => {
    expect(allowsOrigin(ORIGINS, origin)).toBe(true);
  });

  it.each([
    '',
    'null',
    '*',
    'http://app.example.com',
    'https://app.example.com:443',
    'https://app.example.com:8443',
    'https://app.example.com/',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://APP.example.com',
    'https://example.org',
    'https://.example.org',
    'https://evil.example/.example.org',
    'https://evil.example?.example.org',
    'https://evil.example#.example.org',
    'https://evil.example\\.example.org',
    'https://user@a.example.org',
    'https://a:1.example.org',
    'https://a..example.org',
    'https://a.example.org:8443',
    'https://a.example.net',
    'https://evilexample.org',
    'http://a.example.org',
    'https://app.example.com,https://app.example.com',
    'https://app.example.com https://app.example.com',
  ])('is false of %j', (origin) => {
    expect(allowsOrigin(ORIGINS, origin)).toBe(false);
  });

  it('is true of any origin where every one is allowed', () => {
    expect(allowsOrigin({ every: true, exact: new Set(), below: [] }, 'null')).toBe(true);
  });
});
