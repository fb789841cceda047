import { describe, expect, it } from 'vitest';
import { kindOfEntry, readReach } from '../core/revocation-entry.ts';
import type { DatedTarget } from './target.ts';
import { entryFor } from './target.ts';

const REASON = { at: 1_800_000_000, by: 'operator:ada', reason: 'leaked' };
const VALUE = '{"at":1800000000,"by":"operator:ada","reason":"leaked"}';
const END = 1_800_003_600;
const UP_TO = { issuedUpToSeconds: 1_799_999_999 };

describe('entryFor()', () => {
  it.each<[target: DatedTarget, key: string, value: string, expiry: number | undefined, kind: string]>([
    [
      { kind: 'token', issuer: 'own', tokenId: 'a/b', expiresAtSeconds: END },
      'revoked:own:a%2Fb',
      VALUE,
      END + 120,
      'token id',
    ],
    [
      { kind: 'token', issuer: 'own', tokenId: 'a', expiresAtSeconds: undefined },
      'revoked:own:a',
      VALUE,
      undefined,
      'token id',
    ],
    [
      { kind: 'claims', issuer: 'own', claims: '["s"]', expiresAtSeconds: END },
      'revoked-claims:own:%5B%22s%22%5D',
      VALUE,
      END + 120,
      'token claims',
    ],
    [
      { kind: 'thumbprint', thumbprint: 'ab', expiresAtSeconds: END },
      'revoked-thumbprint:ab',
      VALUE,
      END + 120,
      'thumbprint',
    ],
    [{ kind: 'signing key', issuer: 'own', kid: 'k 1' }, 'revoked-key:own:k%201', VALUE, undefined, 'signing key'],
    [
      { kind: 'subject', issuer: 'own', subject: 'a:b', ...UP_TO },
      'notbefore:own:a%3Ab',
      '1799999999',
      undefined,
      'subject mark',
    ],
    [{ kind: 'issuer', issuer: 'own', ...UP_TO }, 'notbefore-issuer:own', '1799999999', undefined, 'issuer mark'],
  ])('ends %j', (target, key, value, expiresAtSeconds, kind) => {
    expect(entryFor(target, REASON, 30_000)).toEqual({ key: `sallyport:${key}`, value, expiresAtSeconds });
    expect(kindOfEntry(`sallyport:${key}`)).toBe(kind);
  });

  it.each([-1, -62_167_219_200])('writes a mark before 1970 (%d) so that it can be read', (issuedUpToSeconds) => {
    for (const target of [
      { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds },
      { kind: 'issuer', issuer: 'own', issuedUpToSeconds },
    ] as const) {
      const { key, value } = entryFor(target, REASON, 30_000);
      expect(readReach(key, value).issuedUpToSeconds).toBe(0);
    }
  });

  it.each(['', 'sallyport', 'sallyport:', 'sallyport:token:a', 'sallyport:constructor:a'])(
    '%j is not a key of an entry',
    (key) => {
      expect(kindOfEntry(key)).toBeUndefined();
    },
  );
});
