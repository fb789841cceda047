import { describe, expect, it } from 'vitest';
import { configOf, fileWith, loadConfigText } from '../../../../test/support/config.ts';
import { longestTokenSeconds } from '../../../signing/key-life.ts';

const OWN =
  'issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA }, ttl: { privateMax: 1h } }]\nroutes: []\n';

function ttlOf(text: string) {
  const [issuer] = configOf(text).issuers;
  return issuer?.kind === 'signing' ? issuer.ttl : undefined;
}

function problemsOf(text: string) {
  const loaded = loadConfigText(fileWith(text));
  return loaded.ok ? [] : loaded.problems;
}

describe('refreshTokens', () => {
  it('is off without the section', () => {
    expect(ttlOf(OWN)).toEqual({ defaultSeconds: 86_400, maxSeconds: 604_800, privateMaxSeconds: 3_600 });
  });

  it.each([
    ['{}', 2_592_000],
    ['{ ttl: 7d }', 604_800],
    ['{ ttl: 3650d }', 315_360_000],
  ])('%s is a lifetime of %i s, for which keys verify', (section, refreshSeconds) => {
    const ttl = ttlOf(`${OWN}refreshTokens: ${section}`);
    expect(ttl).toMatchObject({ refreshSeconds });
    expect(ttl && longestTokenSeconds({ ttl })).toBe(refreshSeconds);
  });

  it.each(['{ ttl: 0s }', '{ ttl: 3651d }', '{ ttl: soon }', '{ life: 1h }', 'true'])('refuses %s', (section) => {
    expect(problemsOf(`${OWN}refreshTokens: ${section}`)).toMatchObject([
      { path: expect.stringMatching(/^refreshTokens/), line: expect.any(Number) },
    ]);
  });

  it('refuses a lifetime below that of an access token', () => {
    expect(problemsOf(`${OWN}refreshTokens: { ttl: 167h }`)).toMatchObject([
      { path: 'refreshTokens.ttl', message: 'must be at least ttl.max of the issuer own, which is 604800 s' },
    ]);
  });

  it('needs an issuer of our own', () => {
    expect(problemsOf('issuers: []\nroutes: []\nrefreshTokens: {}')).toMatchObject([
      {
        path: 'refreshTokens',
        message: 'needs an issuer with signing: each refresh token belongs to one of its accounts',
      },
    ]);
  });
});
