import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf, warningsOf } from '../../../test/support/config.ts';

const OWN = 'issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]';

describe('authzen', () => {
  it('requires a token, and takes no account for a subject, by default', () => {
    expect(configOf('').authzen).toEqual({ url: undefined, accountTypes: new Set(), requireToken: true });
  });

  it('reads what is written', () => {
    const { authzen } = configOf(
      `${OWN}\nauthzen: { url: "https://pdp.example.com/tenant/", accountTypes: [user, identity], requireToken: false }`,
    );
    expect(authzen).toEqual({
      url: 'https://pdp.example.com/tenant',
      accountTypes: new Set(['user', 'identity']),
      requireToken: false,
    });
  });

  it.each([
    [
      'authzen: { accountTypes: [user] }',
      '3:12: authzen.accountTypes: needs an issuer with signing: accounts belong to it',
    ],
    [
      'authzen: { accountTypes: [token] }',
      "3:27: authzen.accountTypes[0]: 'token' is the type of tokens: expected another type",
    ],
    ['authzen: { accountTypes: [] }', '3:12: authzen.accountTypes: must not be empty'],
    [
      'authzen: { url: "http://pdp.example.com" }',
      '3:17: authzen.url: expected an https URL; http is accepted on loopback only',
    ],
    [
      'authzen: { url: "https://pdp.example.com/?a" }',
      '3:17: authzen.url: the URL of the policy decision point must not have a query or fragment',
    ],
  ])('refuses %s', (sections, problem) => {
    expect(problemsOf(fileWith(sections))).toEqual([problem]);
  });

  it('warns if no listener serves it', () => {
    expect(warningsOf(fileWith('authzen: { requireToken: false }'))).toEqual([
      'no listener serves it: add listen.verify',
    ]);
  });
});
