import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReach } from '../core/revocation-entry.ts';
import {
  issuerMarkKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from './entry-keys.ts';

/** Whether readers treat the entry as a mark. */
const isMarkKey = (key: string): boolean => readReach(key, '5').issuedUpToSeconds === 5;

/** The layout is public: operators and other instances write it by hand (contract section 5). */
describe('keys of the revocation set', () => {
  it.each([
    [revokedTokenKey('sallyport', 'V1StGXR8_Z5jdHi6B-myT'), 'sallyport:revoked:sallyport:V1StGXR8_Z5jdHi6B-myT', false],
    [revokedThumbprintKey('ab'.repeat(32)), `sallyport:revoked-thumbprint:${'ab'.repeat(32)}`, false],
    [revokedSigningKeyKey('corporate', '2026-11/a'), 'sallyport:revoked-key:corporate:2026-11%2Fa', false],
    [subjectMarkKey('auth0-sms', 'urn:Auth0'), 'sallyport:notbefore:auth0-sms:urn%3AAuth0', true],
    [issuerMarkKey('corporate'), 'sallyport:notbefore-issuer:corporate', true],
  ])('are laid out as %s', (key, layout, isMark) => {
    expect(key).toBe(layout);
    expect(isMarkKey(key)).toBe(isMark);
  });

  it('do not make a token or a signing key a mark, whatever its name', () => {
    expect(isMarkKey(revokedTokenKey('notbefore', 'notbefore'))).toBe(false);
    expect(isMarkKey(revokedSigningKeyKey('notbefore-issuer', 'sallyport:notbefore:'))).toBe(false);
  });

  it.each([
    ['', ''],
    ['azAZ09-._~', 'azAZ09-._~'],
    ["!'()*", '%21%27%28%29%2A'],
    [':/ %?#[]@&=+$,;', '%3A%2F%20%25%3F%23%5B%5D%40%26%3D%2B%24%2C%3B'],
    ['a\r\n\0', 'a%0D%0A%00'],
    ['é😀', '%C3%A9%F0%9F%98%80'],
    ['a\ud800b\udc00', 'a%EF%BF%BDb%EF%BF%BD'],
  ])('have a percent-encoded last field: %j', (value, encoded) => {
    expect(revokedTokenKey('own', value)).toBe(`sallyport:revoked:own:${encoded}`);
    expect(revokedSigningKeyKey('own', value)).toBe(`sallyport:revoked-key:own:${encoded}`);
    expect(subjectMarkKey('own', value)).toBe(`sallyport:notbefore:own:${encoded}`);
  });

  it.each([
    ['200 bytes', 'a'.repeat(200), false],
    ['201 bytes', 'a'.repeat(201), true],
    ['200 bytes, once encoded', ':'.repeat(66) + 'ab', false],
    ['over 200 bytes, once encoded', ':'.repeat(67), true],
    ['over 200 bytes with a lone surrogate', `\ud800${'a'.repeat(200)}`, true],
  ])('hash the last field only if it is over 200 bytes: %s (%#)', (_what, value, isHashed) => {
    const hash = createHash('sha256').update(Buffer.from(value, 'utf8')).digest('hex');
    const field = subjectMarkKey('own', value).slice('sallyport:notbefore:own:'.length);
    expect(field).toBe(isHashed ? `sha256-${hash}` : encodeURIComponent(value));
  });

  it('differ when issuer or value differ, and contain only the permitted characters', () => {
    const issuer = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const value = fc.string({ unit: 'binary', maxLength: 90 });
    fc.assert(
      fc.property(issuer, value, issuer, value, (oneIssuer, one, otherIssuer, other) => {
        const [key, otherKey] = [subjectMarkKey(oneIssuer, one), subjectMarkKey(otherIssuer, other)];
        expect(key === otherKey).toBe(oneIssuer === otherIssuer && one === other);
        expect(key).toMatch(/^sallyport:notbefore:[a-z0-9-]+:[\w.~%-]{0,200}$/);
      }),
    );
  });
});
