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
/** Of two profiles: the first asks for the subject, both for the audience. */
const nobody = (said: string, first: string, second = first): { check: string } => ({
  check: `issuer (${said}; auth0-sms refuses ${first}; second-profile refuses ${second})`,
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
      claimedByOthers: new Set(['https://asked.example']),
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
    ['the one that iss names', 'HS256', { iss: 'https://partner.example' }, ['partner']],
    ['it alone, though a profile would fit', 'HS256', { ...gateway, iss: 'https://partner.example' }, ['partner']],
    ['every profile that fits', 'HS256', { ...gateway, sub: 'urn:Auth0' }, ['auth0-sms', 'second-profile']],
    ['the profile that takes the subject', 'HS256', { ...gateway, sub: 'urn:other' }, ['second-profile']],
    ['a profile, where nobody claims iss', 'HS256', { ...gateway, iss: 'https://a.example' }, ['second-profile']],
    [
      'nobody for the iss of an issuer that is asked',
      'HS256',
      { ...gateway, iss: 'https://asked.example' },
      nobody('iss of no issuer', 'sub', 'iss'),
    ],
    ['nobody for an iss that is a number', 'HS256', { ...gateway, iss: 1 }, nobody('iss of no issuer', 'iss')],
    [
      'nobody for an iss that is a list',
      'HS256',
      { ...gateway, iss: ['https://partner.example'] },
      nobody('iss of no issuer', 'iss'),
    ],
    ['nobody for an iss that is an object', 'HS256', { ...gateway, iss: { a: 1 } }, nobody('iss of no issuer', 'iss')],
    ['a profile, where iss says nothing', 'HS256', { ...gateway, iss: null }, ['second-profile']],
    ['nobody for another audience', 'HS256', { aud: 'other', sub: 'urn:Auth0' }, nobody('no iss', 'aud')],
    ['nobody for an algorithm that no profile uses', 'HS512', gateway, nobody('no iss', 'alg')],
    [
      'nobody for an iss that only begins like one',
      'HS256',
      { iss: 'https://partner.example/' },
      nobody('iss of no issuer', 'aud'),
    ],
    ['nobody for an iss that every object has', 'HS256', { iss: 'constructor' }, nobody('iss of no issuer', 'aud')],
  ])('chooses %s', (_, alg, claims, chosen) => {
    expect(choose(alg, claims)).toEqual(chosen);
  });

  it.each(['HS256', 'HS512', 'ES256', 'RS384', 'rs256', 'none', 'NONE', '', 'EdDSA2'])(
    'refuses %j for an issuer that may not use it, and names the issuer',
    (alg) => {
      // Signed as it may be: the choice comes before the signature.
      const token = parseJwt(
        forge({ alg: 'HS256' }, { iss: 'https://login.example.com', aud: 'urn:sms-gateway' }, SECRET),
      );
      if (typeof token === 'string') throw new Error(token);
      expect(ISSUERS.choose({ ...token, algorithm: alg })).toEqual({ check: 'algorithm', issuer: 'corporate' });
    },
  );

  it('takes EdDSA and Ed25519 for one algorithm', () => {
    const token = parseJwt(forge({ alg: 'HS256' }, { iss: 'https://login.example.com' }, SECRET));
    if (typeof token === 'string') throw new Error(token);
    for (const algorithm of ['EdDSA', 'Ed25519']) {
      expect(ISSUERS.choose({ ...token, algorithm })).toMatchObject([{ config: { name: 'corporate' } }]);
    }
  });
});
