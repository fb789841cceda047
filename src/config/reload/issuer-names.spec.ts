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
const asked = (name: string, path = 'introspect') =>
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
    ['asked at the same place', [asked('a')], [asked('b')]],
    ['with another one in its place', [jwks('a')], [jwks('a', 'https://c.example'), jwks('b')]],
    [
      'that stands, for one audience of several',
      [secrets('a', 'ONE', 'urn:a', '[sms, web]')],
      [secrets('a'), secrets('b', 'ONE', 'urn:a', 'web')],
    ],
    ['that stands, about one subject of all', [secrets('a', 'ONE', null)], [secrets('a', 'ONE', null), secrets('b')]],
    ['that stands, asked at the same place', [asked('a')], [asked('a'), asked('b')]],
    ['beside others', [OWN, jwks('a'), asked('c')], [OWN, asked('c'), jwks('b')]],
  ])('refuses another name for an issuer %s', (_what, before, next) => {
    expect(problemOf(before, next)).toMatch(/^issuers\[\]\.name: 'b' takes tokens that 'a' took.* Keep the name 'a'/);
  });

  it.each<[what: string, before: string[], next: string[]]>([
    ['nothing has changed', [OWN, jwks('a'), asked('c')], [asked('c'), jwks('a'), OWN]],
    ['one is gone', [jwks('a'), asked('c')], [jwks('a')]],
    ['one is new', [jwks('a')], [jwks('a'), jwks('b', 'https://b.example')]],
    ['one is of another iss', [jwks('a')], [jwks('b', 'https://b.example')]],
    ['one is for another audience', [jwks('a')], [jwks('b', 'https://a.example', 'web')]],
    ['one has another secret', [secrets('a')], [secrets('b', 'TWO')]],
    ['one is about another subject', [secrets('a')], [secrets('b', 'ONE', 'urn:b')]],
    ['one is asked elsewhere', [asked('a')], [asked('b', 'other')]],
    ['opaque tokens of an iss are taken beside', [jwks('a')], [jwks('a'), asked('b')]],
    ['one of two that took the same is gone', [secrets('a', 'ONE', null), secrets('b')], [secrets('b')]],
    ['one of two that are asked at the same place is gone', [asked('a'), asked('b')], [asked('b')]],
    ['a name stands, with keys from elsewhere', [jwks('a')], [discovery('a')]],
  ])('takes it where %s', (_what, before, next) => {
    expect(problemOf(before, next)).toBeUndefined();
  });

  it.each<[what: string, steps: string[][]]>([
    ['audience', [[jwks('a')], [jwks('a', 'https://a.example', 'web')]]],
    ['iss', [[jwks('a')], [jwks('a', 'https://c.example')]]],
    ['secret', [[secrets('a')], [secrets('a', 'TWO')]]],
  ])('remembers an issuer that has another %s since', (what, steps) => {
    const names = new IssuerNames();
    for (const step of steps) {
      expect(names.problemWith(issuers(...step))).toBeUndefined();
      names.remember(issuers(...step));
    }
    const renamed = what === 'secret' ? secrets('b') : jwks('b');
    expect(names.problemWith(issuers(renamed))).toContain("Keep the name 'a'");
    expect(names.problemWith(issuers(...(steps[0] ?? [])))).toBeUndefined();
  });

  it('remembers an issuer that was gone for a while', () => {
    const names = new IssuerNames();
    for (const one of [[jwks('a')], [asked('c')]]) names.remember(issuers(...one));
    expect(names.problemWith(issuers(asked('c'), jwks('b')))).toContain("Keep the name 'a'");
    expect(names.problemWith(issuers(asked('c'), jwks('a')))).toBeUndefined();
  });
});

it('issuersGone() names foreign issuers that are no longer there', () => {
  expect(issuersGone(issuers(OWN, jwks('a'), asked('c')), issuers(asked('c')))).toEqual(['a']);
});
