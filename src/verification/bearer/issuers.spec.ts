import { describe, expect, it } from 'vitest';
import { forge, type Json } from '../../../test/support/jwt/forge.ts';
import { auth0, corporate, own, partner } from '../../../test/support/jwt/issuers.ts';
import { secretOf } from '../../../test/support/jwt/keys.ts';
import { checkText } from '../../core/check-text.ts';
import { parseJwt } from '../jwt.ts';
import { FixedKeys } from '../keys.ts';
import { Issuers } from './issuers.ts';

const SECRET = secretOf('s');
const NO_KEYS = new FixedKeys([]);
/** The check without a matching issuer. Of the two profiles, the first requires a subject, both an audience. */
const noIssuer = (iss: string, first: string, second = first): { check: string } => ({
  check: `issuer (${iss}; auth0-sms refuses ${first}; second-profile refuses ${second})`,
});
const ISSUERS = new Issuers(
  [
    own(),
    corporate({ algorithms: ['RS256', 'EdDSA'] }),
    partner([SECRET]),
    auth0([SECRET]),
    {
      ...auth0([SECRET]),
      name: 'second-profile',
      requireSubject: undefined,
      claimedByOthers: new Set(['https://introspected.example']),
    },
  ].map((config) => ({ config, keys: NO_KEYS })),
);

/** The names of the chosen issuers, or why there are none. */
function choose(alg: string, claims: Json): unknown {
  const token = parseJwt(forge({ alg }, claims, SECRET));
  if (typeof token === 'string') throw new Error(token);
  const chosen = ISSUERS.choose(token);
  return 'check' in chosen ? { ...chosen, check: checkText(chosen.check) } : chosen.map(({ config }) => config.name);
}

describe('Issuers.choose()', () => {
  const gateway = { aud: 'urn:sms-gateway' };

  it.each<[what: string, alg: string, claims: Json, chosen: unknown]>([
    ['the issuer that iss names', 'HS256', { iss: 'https://partner.example' }, ['partner']],
    [
      'only the issuer that iss names, even if a profile matches',
      'HS256',
      { ...gateway, iss: 'https://partner.example' },
      ['partner'],
    ],
    ['every matching profile', 'HS256', { ...gateway, sub: 'urn:Auth0' }, ['auth0-sms', 'second-profile']],
    ['the profile that accepts the subject', 'HS256', { ...gateway, sub: 'urn:other' }, ['second-profile']],
    ['a profile if no issuer claims iss', 'HS256', { ...gateway, iss: 'https://a.example' }, ['second-profile']],
    [
      'none for the iss of an introspection issuer',
      'HS256',
      { ...gateway, iss: 'https://introspected.example' },
      noIssuer('iss of no issuer', 'sub', 'iss'),
    ],
    ['none for an iss that is a number', 'HS256', { ...gateway, iss: 1 }, noIssuer('iss of no issuer', 'iss')],
    [
      'none for an iss that is an array',
      'HS256',
      { ...gateway, iss: ['https://partner.example'] },
      noIssuer('iss of no issuer', 'iss'),
    ],
    ['none for an iss that is an object', 'HS256', { ...gateway, iss: { a: 1 } }, noIssuer('iss of no issuer', 'iss')],
    ['a profile if iss is null', 'HS256', { ...gateway, iss: null }, ['second-profile']],
    ['none for another audience', 'HS256', { aud: 'other', sub: 'urn:Auth0' }, noIssuer('no iss', 'aud')],
    ['none for an algorithm that no profile uses', 'HS512', gateway, noIssuer('no iss', 'alg')],
    [
      'none for an iss that only starts like a configured one',
      'HS256',
      { iss: 'https://partner.example/' },
      noIssuer('iss of no issuer', 'aud'),
    ],
    [
      'none for an iss that is a property of every object',
      'HS256',
      { iss: 'constructor' },
      noIssuer('iss of no issuer', 'aud'),
    ],
  ])('chooses %s', (_, alg, claims, chosen) => {
    expect(choose(alg, claims)).toEqual(chosen);
  });

  it.each(['HS256', 'HS512', 'ES256', 'RS384', 'rs256', 'none', 'NONE', '', 'EdDSA2'])(
    'refuses %j for an issuer that may not use it, and names the issuer',
    (alg) => {
      // Signed with a permitted algorithm: the issuer is chosen before the signature is verified.
      const token = parseJwt(
        forge({ alg: 'HS256' }, { iss: 'https://login.example.com', aud: 'urn:sms-gateway' }, SECRET),
      );
      if (typeof token === 'string') throw new Error(token);
      expect(ISSUERS.choose({ ...token, algorithm: alg })).toEqual({ check: 'algorithm', issuer: 'corporate' });
    },
  );

  it('treats EdDSA and Ed25519 as the same algorithm', () => {
    const token = parseJwt(forge({ alg: 'HS256' }, { iss: 'https://login.example.com' }, SECRET));
    if (typeof token === 'string') throw new Error(token);
    for (const algorithm of ['EdDSA', 'Ed25519']) {
      expect(ISSUERS.choose({ ...token, algorithm })).toMatchObject([{ config: { name: 'corporate' } }]);
    }
  });
});
