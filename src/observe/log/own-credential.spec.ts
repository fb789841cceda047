import { describe, expect, it } from 'vitest';
import { memberIs } from '../../verification/claim-finding.ts';
import { possibleTokens, secretsOf, withoutSecrets } from './own-credential.ts';

const OPAQUE = 'sk_live_Zm9vYmFy+/=';
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJlLWlzLWhlcmU';
const BASIC = `Basic ${Buffer.from('joe:hunter two').toString('base64')}`;

function of(authorization: string | undefined, fields: Readonly<Record<string, string>> = {}, path = '/x') {
  return secretsOf(authorization, possibleTokens({ fields: new Map(Object.entries(fields)), path }));
}

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
    expect(withoutSecrets(text, of(authorization))).toBe(clean);
  });

  it('redacts a token that an issuer repeats as a claim, where the finding cuts it', () => {
    const token = 'Zm9vYmFy'.repeat(20);
    const found = memberIs('sub', token);
    expect(found).toContain(token.slice(0, 96));
    expect(withoutSecrets(found, of(`Bearer ${token}`))).toBe('sub is "[redacted]"...');
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a header', { 'x-api-key': OPAQUE }, '/x'],
    ['a header with a scheme', { 'x-serverless-authorization': `Bearer ${OPAQUE}` }, '/x'],
    ['a cookie', { cookie: `a=1; session=${OPAQUE}` }, '/x'],
    ['a subprotocol', { 'sec-websocket-protocol': `chat.v1, bearer, ${OPAQUE}` }, '/x'],
    ['two joined fields', { 'x-api-key': `other,${OPAQUE}` }, '/x'],
    ['the query', {}, `/x?a=1&access_token=${encodeURIComponent(OPAQUE)}`],
  ])('redacts a token in %s', (_, fields, path) => {
    const text = `the server said: ${OPAQUE} is gone, ${encodeURIComponent(OPAQUE)}`;
    expect(withoutSecrets(text, of(undefined, fields, path))).toBe('the server said: [redacted] is gone, [redacted]');
  });

  it('redacts no origin, and no short word of a field', () => {
    const fields = { origin: 'https://login.example.com', upgrade: 'websocket', cookie: 'theme=dark' };
    const text = 'iss is https://login.example.com, websocket, theme=dark';
    expect(withoutSecrets(text, of(undefined, fields))).toBe(text);
  });

  it('takes at most a hundred values of fields for tokens', () => {
    const cookie = Array.from({ length: 3_000 }, (__, index) => `c${index}=${'x'.repeat(16)}${index}`).join('; ');
    expect(of(undefined, { cookie }).length).toBeLessThan(1_000);
  });

  it('uses at most five parts of a token', () => {
    const parts = Array.from({ length: 3_000 }, (_, index) => `part-${index}`.padEnd(16, 'x'));
    // The field value, its credential and the beginning of it, and five parts.
    expect(of(`Bearer ${parts.join('.')}`)).toHaveLength(8);
  });
});
