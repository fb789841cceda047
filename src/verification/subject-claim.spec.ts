import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { legacy } from '../../test/support/introspection-server.ts';
import { auth0, corporate, own } from '../../test/support/jwt/issuers.ts';
import { secretOf } from '../../test/support/jwt/keys.ts';
import type { ForeignIssuer, IssuerConfig, SubjectClaim } from '../config/issuer-config.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { parseJson } from '../lib/utf8.ts';
import { NO_SUBJECT, readSubject, subjectText } from './subject-claim.ts';

const claim = (name: string, prefix = ''): SubjectClaim => ({ path: [name], prefix });
const reading = (...subjectClaim: readonly SubjectClaim[]): IssuerConfig => corporate({ subjectClaim });
const PREFIXED = reading(claim('sub'), claim('client_id', 'client:'));

describe('readSubject()', () => {
  it.each<[what: string, payload: object, issuer: IssuerConfig, subject: string | undefined]>([
    ['sub', { sub: 'ann', client_id: 'app', azp: 'web' }, corporate(), 'ann'],
    ['the client without sub', { client_id: 'app', azp: 'web' }, corporate(), 'app'],
    ['the authorized party without both', { azp: 'web' }, corporate(), 'web'],
    ['the client where sub is empty', { sub: '', client_id: 'app' }, corporate(), 'app'],
    ['the client where sub is null', { sub: null, client_id: 'app' }, legacy(), 'app'],
    ['none', { name: 'ann' }, corporate(), undefined],
    ['none of a prototype', { __proto__: { sub: 'ann' } }, corporate(), undefined],
    ['sub alone of our own tokens', { client_id: 'app' }, own(), undefined],
    ['an integer', { sub: 42 }, corporate(), '42'],
    ['zero', { sub: 0 }, corporate(), '0'],
    ['a negative integer', { sub: -7 }, corporate(), '-7'],
    ['a claim of the configuration', { sub: 'x', user: { id: 7 } }, reading({ path: ['user', 'id'], prefix: '' }), '7'],
    ['only what the configuration names', { client_id: 'app' }, reading(claim('sub')), undefined],
    ['a prefix and a client', { client_id: 'app' }, PREFIXED, 'client:app'],
    ['no prefix of a user', { sub: 'app' }, PREFIXED, 'app'],
  ])('finds %s', (_what, payload, issuer, subject) => {
    expect(readSubject(payload as JsonObject, issuer)).toEqual({ subject });
  });

  it.each<[what: string, payload: object, issuer?: IssuerConfig]>([
    ['an object', { sub: {} }],
    ['an array', { sub: ['ann'] }],
    ['a boolean', { sub: true }],
    ['a fraction', { sub: 1.5 }],
    ['an integer that parsers round', { sub: 2 ** 53 }],
    ['a string over 1024 characters', { sub: 'x'.repeat(1025) }],
    ['a lone surrogate', { sub: '\ud800' }],
    ['a wrong sub beside a client', { sub: {}, client_id: 'app' }],
    ['the stand-in for no subject', { sub: NO_SUBJECT }],
    ['a client that is the stand-in', { client_id: NO_SUBJECT }],
    ['a subject over 1024 characters with its prefix', { client_id: 'x'.repeat(1020) }, PREFIXED],
    ['a user with the prefix of clients', { sub: 'client:app' }, PREFIXED],
  ])('refuses %s', (_what, payload, issuer = corporate()) => {
    expect(readSubject(payload as JsonObject, issuer)).toBeUndefined();
  });

  it('accepts exactly the subject that a profile requires', () => {
    const subjects = ['urn:Auth0', 'urn:auth0', 'urn:Auth0 ', '', undefined, ['urn:Auth0'], null];
    const profile = auth0([secretOf('s')]);
    expect(subjects.filter((sub) => readSubject({ sub }, profile) !== undefined)).toEqual(['urn:Auth0']);
  });

  it('lets no client pass for the required subject of JWTs, unless the configuration says where it is', () => {
    const profile = auth0([secretOf('s')]);
    for (const name of ['client_id', 'azp']) expect(readSubject({ [name]: 'urn:Auth0' }, profile)).toBeUndefined();
    const clients = { ...profile, subjectClaim: [claim('client_id')] };
    expect(readSubject({ client_id: 'urn:Auth0' }, clients)).toEqual({ subject: 'urn:Auth0' });
  });

  it('never gives a user and a client with a prefix one subject', () => {
    const name = fc.string({ unit: fc.constantFrom('c', 'l', ':', 'x'), minLength: 1, maxLength: 6 });
    const prefix = fc.string({ unit: fc.constantFrom('c', 'l', ':'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(name, name, name, prefix, prefix, (user, client, party, first, second) => {
        fc.pre(first !== second);
        const issuer = reading(claim('sub'), claim('client_id', first), claim('azp', second));
        const found = [{ sub: user }, { client_id: client }, { azp: party }].flatMap(
          (payload) => readSubject(payload, issuer)?.subject ?? [],
        );
        expect(new Set(found).size).toBe(found.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds a subject in every token that has one of the usual claims, of any kind of issuer', () => {
    const issuers: readonly ForeignIssuer[] = [corporate(), legacy()];
    fc.assert(
      fc.property(fc.constantFrom('sub', 'client_id', 'azp'), fc.constantFrom('a', 1, 'urn:x'), (name, value) => {
        const subjects = issuers.map((issuer) => readSubject({ [name]: value }, issuer as IssuerConfig)?.subject);
        expect(subjects).toEqual([String(value), String(value)]);
      }),
    );
  });
});

describe('subjectText()', () => {
  it('reads every spelling of an integer in JSON as the same digits, or refuses it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (integer) => {
        const text = subjectText(parseJson(String(integer)));
        expect([undefined, String(integer)]).toContain(text);
      }),
      { numRuns: 2_000 },
    );
    for (const spelling of ['7', '7.0', '70e-1', '0.7e1']) expect(subjectText(parseJson(spelling))).toBe('7');
    expect(subjectText(parseJson('-0'))).toBe('0');
  });
});
