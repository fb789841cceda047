import { describe, expect, it } from 'vitest';
import { memberIs } from '../../verification/claim-finding.ts';
import { secretsOf, withoutSecrets } from './own-credential.ts';

const OPAQUE = 'sk_live_Zm9vYmFy+/=';
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJlLWlzLWhlcmU';
const BASIC = `Basic ${Buffer.from('joe:hunter two').toString('base64')}`;

describe('withoutSecrets() with secretsOf()', () => {
  it.each([
    [`Bearer ${OPAQUE}`, `the server said: ${OPAQUE} is gone`, 'the server said: [redacted] is gone'],
    [`bearer  ${OPAQUE} `, OPAQUE, '[redacted]'],
    [`Bearer ${OPAQUE}`, `/x?token=${encodeURIComponent(OPAQUE)}`, '/x?token=[redacted]'],
    [`Bearer ${JWT}`, `a ${JWT} b`, 'a [redacted] b'],
    [`Bearer ${JWT}`, `a ${JWT.split('.')[2]} b`, 'a [redacted] b'],
    [`Digest x="${OPAQUE}"`, `Digest x="${OPAQUE}"`, '[redacted]'],
    [BASIC, 'user joe with hunter two', 'user joe with [redacted]'],
    [BASIC, `a ${BASIC.slice(6)} b`, 'a [redacted] b'],
    ['Bearer a', 'a banana', 'a banana'],
    ['Bearer ', 'Bearer ', '[redacted]'],
    [undefined, 'unchanged', 'unchanged'],
  ])('for %j turns %j into %j', (authorization, text, clean) => {
    expect(withoutSecrets(text, secretsOf(authorization))).toBe(clean);
  });

  it('redacts a token that an issuer repeats as a claim, where the finding cuts it', () => {
    const token = 'Zm9vYmFy'.repeat(12);
    const found = memberIs('sub', token);
    expect(found).toContain(token.slice(0, 64));
    expect(withoutSecrets(found, secretsOf(`Bearer ${token}`))).toBe('sub is "[redacted]"...');
  });

  it('uses at most five parts of a token', () => {
    const parts = Array.from({ length: 3_000 }, (_, index) => `part-${index}`.padEnd(16, 'x'));
    // The field value, its credential and the beginning of it, and five parts.
    expect(secretsOf(`Bearer ${parts.join('.')}`)).toHaveLength(8);
  });
});
