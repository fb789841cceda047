import { describe, expect, it } from 'vitest';
import { readConfirmation } from './confirmation.ts';

/** Of RFC 8705, section 3.1. */
const THUMBPRINT = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2';

describe('readConfirmation()', () => {
  it('reads the example of RFC 8705, as a JWT and as an introspection response have it', () => {
    expect(readConfirmation({ cnf: { 'x5t#S256': THUMBPRINT } })).toEqual({
      outcome: 'bound',
      binding: { certificate: `${THUMBPRINT.slice(0, -1)}0` },
    });
  });

  it.each([[{}], [{ cnf: {} }], [{ cnf: { jkt: null, kid: '' } }]])('calls %j unbound', (claims) => {
    expect(readConfirmation(claims)).toEqual({ outcome: 'unbound' });
  });

  it.each<unknown>([
    'x',
    7,
    false,
    ['x'],
    { 'x5t#S256': 'x' },
    { 'x5t#S256': 7 },
    { 'x5t#S256': [THUMBPRINT] },
    { 'x5t#S256': `${THUMBPRINT}=` },
    { 'x5t#S256': `${THUMBPRINT.slice(0, -1)}/` },
    { 'x5t#S256': Buffer.from(THUMBPRINT, 'base64url').toString('hex') },
    { x5t: THUMBPRINT },
    { 'x5t#S256': THUMBPRINT, kid: 'x' },
    { jwk: { kty: 'EC' } },
    { jwe: 'x' },
    { jku: 'https://a.example' },
  ])('does not support %j', (cnf) => {
    expect(readConfirmation({ cnf })).toEqual({ outcome: 'unsupported' });
  });
});
