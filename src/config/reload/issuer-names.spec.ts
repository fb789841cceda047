import { describe, expect, it } from 'vitest';
import { configOf } from '../../../test/support/config.ts';
import type { Config } from '../config.ts';
import { IssuerNames, issuersGone } from './issuer-names.ts';

const env = { ONE: 'a'.repeat(32), TWO: 'b'.repeat(32), AS: 'c' };
const OWN = '{ name: own, issuer: us, signing: { algorithm: EdDSA } }';

function issuers(...written: readonly string[]): Config['issuers'] {
  return configOf(`issuers: [${written.join(', ')}]`, { env }).issuers;
}

const jwks = (name: string, iss = 'https://a.example', audience = 'sms') =>
  `{ name: ${name}, issuer: "${iss}", audience: ${audience}, algorithms: [RS256], jwks: "https://a.example/${name}" }`;
const discovery = (name: string) =>
  `{ name: ${name}, issuer: "https://a.example", audience: sms, algorithms: [RS256], discovery: true }`;
const secrets = (name: string, env = 'ONE', subject: string | null = 'urn:a', audience = 'sms') =>
  `{ name: ${name}, audience: ${audience}, ${subject === null ? '' : `requireSubject: "${subject}", `}algorithms: [HS256], secrets: [{ env: ${env} }] }`;
const opaque = (name: string, path = 'introspect') =>
  `{ name: ${name}, audience: any, introspection: { url: "https://a.example/${path}", clientId: c, clientSecret: { env: AS } } }`;

function problemOf(before: readonly string[], next: readonly string[]): string | undefined {
  const names = new IssuerNames();
  names.remember(issuers(...before));
  return names.problemWith(issuers(...next));
}

describe('IssuerNames.problemWith()', () => {
  it.each<[what: string, before: string[], next: string[]]>([
    ['of the same iss', [jwks('a')], [jwks('b')]],
    ['of the same iss, with keys from elsewhere', [jwks('a')], [discovery('b')]],
    ['of the same iss, for one audience of several', [jwks('a')], [jwks('b', 'https://a.example', '[sms, web]')]],
    ['of the same iss, for any audience', [jwks('a')], [jwks('b', 'https://a.example', 'any')]],
    ['with the same secret', [secrets('a')], [secrets('b')]],
    ['introspected at the same URL', [opaque('a')], [opaque('b')]],
    ['whose former name another issuer gets', [jwks('a')], [jwks('a', 'https://c.example'), jwks('b')]],
    [
      'that keeps its name, for one audience of several',
      [secrets('a', 'ONE', 'urn:a', '[sms, web]')],
      [secrets('a'), secrets('b', 'ONE', 'urn:a', 'web')],
    ],
    [
      'that keeps its name, for one subject of all',
      [secrets('a', 'ONE', null)],
      [secrets('a', 'ONE', null), secrets('b')],
    ],
    ['that keeps its name, introspected at the same URL', [opaque('a')], [opaque('a'), opaque('b')]],
    ['next to others', [OWN, jwks('a'), opaque('c')], [OWN, opaque('c'), jwks('b')]],
  ])('refuses a new name for an issuer %s', (_what, before, next) => {
    expect(problemOf(before, next)).toMatch(
      /^issuers\[\]\.name: 'b' accepts tokens that 'a' accepted.* Keep the name 'a'/,
    );
  });

  it.each<[what: string, before: string[], next: string[]]>([
    ['nothing has changed', [OWN, jwks('a'), opaque('c')], [opaque('c'), jwks('a'), OWN]],
    ['one was removed', [jwks('a'), opaque('c')], [jwks('a')]],
    ['one is new', [jwks('a')], [jwks('a'), jwks('b', 'https://b.example')]],
    ['one is of another iss', [jwks('a')], [jwks('b', 'https://b.example')]],
    ['one is for another audience', [jwks('a')], [jwks('b', 'https://a.example', 'web')]],
    ['one has another secret', [secrets('a')], [secrets('b', 'TWO')]],
    ['one requires another subject', [secrets('a')], [secrets('b', 'ONE', 'urn:b')]],
    ['one is introspected at another URL', [opaque('a')], [opaque('b', 'other')]],
    ['opaque tokens of a known iss are added', [jwks('a')], [jwks('a'), opaque('b')]],
    ['one of two that accepted the same was removed', [secrets('a', 'ONE', null), secrets('b')], [secrets('b')]],
    ['one of two with the same introspection URL was removed', [opaque('a'), opaque('b')], [opaque('b')]],
    ['an issuer keeps its name, with keys from elsewhere', [jwks('a')], [discovery('a')]],
  ])('accepts a configuration in which %s', (_what, before, next) => {
    expect(problemOf(before, next)).toBeUndefined();
  });

  it.each<[what: string, steps: string[][]]>([
    ['audience', [[jwks('a')], [jwks('a', 'https://a.example', 'web')]]],
    ['iss', [[jwks('a')], [jwks('a', 'https://c.example')]]],
    ['secret', [[secrets('a')], [secrets('a', 'TWO')]]],
  ])('remembers an issuer whose %s has changed since', (what, steps) => {
    const names = new IssuerNames();
    for (const step of steps) {
      expect(names.problemWith(issuers(...step))).toBeUndefined();
      names.remember(issuers(...step));
    }
    const renamed = what === 'secret' ? secrets('b') : jwks('b');
    expect(names.problemWith(issuers(renamed))).toContain("Keep the name 'a'");
    expect(names.problemWith(issuers(...(steps[0] ?? [])))).toBeUndefined();
  });

  const sub = (issuer: string, subjectClaim: string) => issuer.replace('{', `{ subjectClaim: ${subjectClaim},`);

  it.each<[what: string, before: string, next: string]>([
    ['another claim', jwks('a'), sub(jwks('a'), 'email')],
    ['fewer claims', jwks('a'), sub(jwks('a'), 'sub')],
    ['another order', sub(opaque('a'), '[sub, client_id]'), sub(opaque('a'), '[client_id, sub]')],
    ['a prefix', sub(jwks('a'), '[sub, client_id]'), sub(jwks('a'), '[sub, { claim: client_id, prefix: "client:" }]')],
    ['the default again', sub(jwks('a'), 'email'), jwks('a')],
  ])('refuses %s as the subject of tokens that were accepted', (_what, before, next) => {
    expect(problemOf([before], [next])).toBe(
      "issuers[].subjectClaim: tokens of 'a' would have other subjects, so revocations by subject would no longer apply. Keep it as it was; if no subject of them is revoked, restart to use the new one",
    );
  });

  it.each<[what: string, before: string, next: string]>([
    ['the default is written out', jwks('a'), sub(jwks('a'), '[sub, client_id, azp]')],
    ['one subject is required', secrets('a', 'ONE', null), secrets('a')],
    ['none of its tokens was accepted before', jwks('a'), sub(jwks('a', 'https://c.example'), 'email')],
  ])('accepts the subjects if %s', (_what, before, next) => {
    expect(problemOf([before], [next])).toBeUndefined();
  });

  it('knows that one token may meet two required subjects, in two claims', () => {
    const before = secrets('a', 'ONE', 'urn:a');
    const next = sub(secrets('b', 'ONE', 'urn:b'), 'client_id');
    expect(problemOf([before], [next])).toContain("Keep the name 'a'");
  });

  it('remembers an issuer that was removed for a while', () => {
    const names = new IssuerNames();
    for (const one of [[jwks('a')], [opaque('c')]]) names.remember(issuers(...one));
    expect(names.problemWith(issuers(opaque('c'), jwks('b')))).toContain("Keep the name 'a'");
    expect(names.problemWith(issuers(opaque('c'), jwks('a')))).toBeUndefined();
  });
});

it('issuersGone() names foreign issuers that were removed', () => {
  expect(issuersGone(issuers(OWN, jwks('a'), opaque('c')), issuers(opaque('c')))).toEqual(['a']);
});
