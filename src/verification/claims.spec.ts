import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corporate, own, partner } from '../../test/support/jwt/issuers.ts';
import { secretOf } from '../../test/support/jwt/keys.ts';
import type { IssuerConfig } from '../config/issuer-config.ts';
import { readClaims } from './claims.ts';
import type { ParsedJwt } from './jwt.ts';

function token(payload: ParsedJwt['payload'], header: ParsedJwt['header'] = {}): ParsedJwt {
  return { algorithm: 'RS256', kid: undefined, header, payload, thumbprint: '' };
}

const CLAIMS = { iss: 'https://login.example.com', aud: 'sms-api', exp: 2_000_000_000 };

describe('readClaims()', () => {
  it('reads the claims that a decision uses', () => {
    const all = { ...CLAIMS, sub: 'alice', nbf: 1.5, iat: 1, jti: 'id', scopes: ['messages:send', 'other'] };
    expect(readClaims(token(all), corporate())).toEqual({
      subject: 'alice',
      tokenId: 'id',
      expiresAtSeconds: 2_000_000_000,
      notBeforeSeconds: 1.5,
      issuedAtSeconds: 1,
      scopes: ['messages:send'],
      dropped: { words: ['other'], more: 0 },
      audiences: ['sms-api'],
    });
  });

  it('accepts a token without optional claims, but requires exp by default', () => {
    const config = corporate({ requireExpiry: false, audience: undefined });
    expect(readClaims(token({ iss: CLAIMS.iss }), config)).toEqual({
      subject: undefined,
      tokenId: undefined,
      expiresAtSeconds: Number.POSITIVE_INFINITY,
      notBeforeSeconds: Number.NEGATIVE_INFINITY,
      issuedAtSeconds: Number.NEGATIVE_INFINITY,
      scopes: [],
      audiences: [],
    });
    expect(readClaims(token({ iss: CLAIMS.iss }), corporate({ audience: undefined }))).toBe('exp');
  });

  it('refuses a missing or different iss for a profile with an issuer', () => {
    for (const iss of [undefined, null, 'https://login.example.com/', ['https://login.example.com']]) {
      expect(readClaims(token({ ...CLAIMS, iss }), corporate())).toBe('iss');
    }
  });

  it.each<[what: string, config: IssuerConfig]>([
    ['our own', own()],
    ['with an issuer', corporate()],
    ['with a secret and an issuer', partner([secretOf('s')])],
  ])('refuses a token without exp: %s', (_, config) => {
    const claims = { iss: config.issuer[0], aud: 'sms-api', token_use: 'access', scopes: [] };
    expect(readClaims(token(claims, { typ: 'at+jwt' }), config)).toBe('exp');
    expect(readClaims(token({ ...claims, exp: 1 }, { typ: 'at+jwt' }), config)).toBeTypeOf('object');
  });

  it.each(['JWT', 'application/jwt', 'JOSE', 'application/jose', 'at+jwt', 'application/AT+JWT', undefined])(
    'accepts the typ %j',
    (typ) => {
      expect(readClaims(token(CLAIMS, { typ }), corporate())).toBeTypeOf('object');
    },
  );

  it.each(['logout+jwt', 'dpop+jwt', 'application/secevent+jwt', 'text/jwt', 'JOSE+JSON', 7])(
    'refuses the typ %j',
    (typ) => {
      expect(readClaims(token(CLAIMS, { typ }), corporate())).toBe('type');
    },
  );

  describe('of a refresh token', () => {
    const ours = { iss: 'https://sallyport.local', token_use: 'refresh', exp: 1, scopes: [], jti: 'family', seq: 3 };

    it('reads its number, by our own type only', () => {
      for (const typ of ['rt+jwt', 'application/RT+JWT']) {
        expect(readClaims(token(ours, { typ }), own())).toMatchObject({
          use: 'refresh',
          sequence: 3,
          tokenId: 'family',
        });
      }
      expect(readClaims(token(ours, { typ: 'at+jwt' }), own())).toBe('token_type');
      for (const typ of [undefined, 'JWT', 'rt', 7]) expect(readClaims(token(ours, { typ }), own())).toBe('type');
    });

    it.each<readonly [object, string]>([
      [{ token_use: 'access' }, 'type'],
      [{ token_use: undefined }, 'type'],
      [{ token_use: ['refresh'] }, 'type'],
      [{ token_type: 'Refresh' }, 'type'],
      [{ typ: 'Bearer' }, 'type'],
      [{ seq: undefined }, 'token_use'],
      [{ seq: -1 }, 'token_use'],
      [{ seq: 0.5 }, 'token_use'],
      [{ seq: '3' }, 'token_use'],
      [{ family: 7 }, 'token_use'],
      [{ exp: undefined }, 'exp'],
    ])('refuses %j', (change, failed) => {
      expect(readClaims(token({ ...ours, ...change }, { typ: 'rt+jwt' }), own())).toBe(failed);
    });

    it('refuses that of any other issuer', () => {
      const foreign = { ...CLAIMS, token_use: 'refresh', jti: 'family', seq: 0 };
      for (const config of [corporate(), partner([secretOf('s')])]) {
        const claims = { ...foreign, iss: config.issuer[0] };
        for (const typ of ['rt+jwt', 'JWT', undefined]) {
          expect(readClaims(token(claims, { typ }), config)).toBe(typ === 'rt+jwt' ? 'type' : 'token_type');
        }
      }
    });
  });

  it('reads the family of one of our own access tokens, and of no other token', () => {
    const ours = { iss: 'https://sallyport.local', token_use: 'access', exp: 1, scopes: [], family: 'f', seq: 3 };
    expect(readClaims(token(ours, { typ: 'at+jwt' }), own())).toMatchObject({ family: 'f', sequence: undefined });
    expect(readClaims(token({ ...CLAIMS, family: 'f', seq: 3 }), corporate())).toMatchObject({
      family: undefined,
      sequence: undefined,
    });
  });

  it('refuses a token of any issuer that is not a plain bearer token', () => {
    const ours = { iss: 'https://sallyport.local', token_use: 'access', exp: 1, scopes: [] };
    expect(readClaims(token({ ...CLAIMS, cnf: { jkt: 'x' } }), corporate())).toBe('cnf');
    expect(readClaims(token({ ...ours, cnf: { jkt: 'x' } }, { typ: 'at+jwt' }), own())).toBe('cnf');
    expect(readClaims(token({ ...CLAIMS, token_use: 'id' }), corporate())).toBe('token_type');
    expect(readClaims(token({ ...CLAIMS, token_use: 'private' }), corporate())).toBeTypeOf('object');
  });

  it('requires the audience of our own tokens if one is configured', () => {
    const config = own('EdDSA', { audience: ['sms-api'] });
    const claims = { iss: config.issuer[0], exp: 1, token_use: 'access', scopes: [] };
    expect(readClaims(token(claims, { typ: 'at+jwt' }), config)).toBe('aud');
    expect(readClaims(token({ ...claims, aud: ['sms-api'] }, { typ: 'at+jwt' }), config)).toBeTypeOf('object');
  });

  it('accepts at most 1000 scopes and strings of 1024 characters', () => {
    const scopes = Array.from({ length: 1000 }, () => 'messages:send');
    for (const spelling of [scopes, scopes.join(' ')]) {
      expect(readClaims(token({ ...CLAIMS, scopes: spelling }), corporate())).toHaveProperty('scopes', [
        'messages:send',
      ]);
    }
    for (const spelling of [[...scopes, 'x'], [...scopes, 'x'].join(' ')]) {
      expect(readClaims(token({ ...CLAIMS, scopes: spelling }), corporate())).toBe('over 1000 scopes');
    }
    expect(readClaims(token({ ...CLAIMS, jti: 'x'.repeat(1024) }), corporate())).toBeTypeOf('object');
    expect(readClaims(token({ ...CLAIMS, jti: 'x'.repeat(1025) }), corporate())).toBe('jti');
  });

  it("never grants another issuer's token a scope that its profile does not allow", () => {
    const scope = fc.constantFrom('messages:send', 'messages:list', 'all:any', 'tokens:manage', 'messages:read', '');
    const claim = fc.oneof(
      fc.array(scope),
      fc.array(scope).map((scopes) => scopes.join(' ')),
      fc.jsonValue(),
    );
    const payload = fc.record({ scopes: claim, scope: claim, scp: claim }, { requiredKeys: [] });
    fc.assert(
      fc.property(payload, (scopes) => {
        const config = corporate();
        const claims = readClaims(token({ ...CLAIMS, ...scopes }), config);
        return typeof claims === 'string' || claims.scopes.every((name) => config.allowScopes.has(name));
      }),
    );
  });

  it('returns a finite number for every exp that it accepts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (exp) => {
        // Through JSON, as in a token.
        const payload = JSON.parse(JSON.stringify({ ...CLAIMS, exp })) as ParsedJwt['payload'];
        const claims = readClaims(token(payload), corporate());
        return claims === 'exp' || (typeof claims === 'object' && Number.isFinite(claims.expiresAtSeconds));
      }),
    );
  });
});
