import { describe, expect, it } from 'vitest';
import { makeCredential, NOW_SECONDS as NOW } from '../../test/support/core.ts';
import { forge } from '../../test/support/jwt/forge.ts';
import { secretOf } from '../../test/support/jwt/keys.ts';
import { OWN, resolverOver } from '../../test/support/revocation/resolver.ts';
import type { VerificationResult } from '../core/credential/verified-credential.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { RevocationRequest } from './revocation-request.ts';
import { readRevocationRequest } from './revocation-request.ts';
import type { Resolution } from './revocation-resolver.ts';
import { resolveRevocation } from './revocation-resolver.ts';

const ISSUERS = [OWN, { name: 'partner', kind: 'secrets' }, { name: 'corporate', kind: 'jwks' }] as const;
const ACCOUNT_ID = 'a'.repeat(22);
const REMOVED_ID = 'r'.repeat(22);
const KEY = { kid: 'k1', issuer: 'own', algorithm: 'EdDSA', sealed: '', createdAtSeconds: 1, signsFromSeconds: 1 };
const JWT = forge({ alg: 'HS256' }, { sub: ACCOUNT_ID, jti: 'j1', exp: NOW + 60 }, secretOf('s'));

/** An account, one token of it and a key that may have signed tokens of 9,000 seconds. */
async function setUp(examined?: VerificationResult) {
  const store = openMemoryStore(() => NOW * 1000);
  const { accounts, tokens } = store;
  const ada = { id: ACCOUNT_ID, name: 'ada', passwordHash: 'x', scopes: [], disabled: false, createdAtSeconds: 1 };
  await accounts.add({ ...ada, version: 0 });
  const times = { createdAtSeconds: NOW - 60, expiresAtSeconds: NOW + 600 };
  await tokens.add({ id: 't1', accountId: ACCOUNT_ID, use: 'access', scopes: [], ...times }, 0);
  const ring = { revision: 1, keys: [{ ...KEY, longestTokenSeconds: 9_000 }] };
  const signingKeys = { read: () => Promise.resolve(ring) };
  const parts = resolverOver(store, { issuers: ISSUERS, signingKeys });
  if (examined === undefined) return parts;
  return { ...parts, examiner: { examine: () => Promise.resolve(examined) } };
}

/** Through the validator, as every door does it. */
function requestOf(fields: Parameters<typeof readRevocationRequest>[0]): RevocationRequest {
  const read = readRevocationRequest(fields);
  if (read.outcome === 'refused') throw new Error(read.problem.problem);
  return read.request;
}

describe('resolveRevocation()', () => {
  const lost = { issuer: 'own', tokenId: 'lost', expiresAtSeconds: NOW + 9_000 };
  const named = { ...lost, expiresAtSeconds: NOW + 5 };
  const all = (issuer: string, issuedUpToSeconds?: number) => {
    return { warning: 'far-reaching', request: { kind: 'issuer', issuer, issuedUpToSeconds } } as const;
  };
  const key = (issuer: string, kid: string) => {
    const request = { kind: 'signing key', issuer, kid } as const;
    return { request, warning: { warning: 'far-reaching', request } } as const;
  };
  const subject = { issuer: 'own', subject: ACCOUNT_ID };

  it.each<[Parameters<typeof readRevocationRequest>[0], Omit<Extract<Resolution, { outcome: 'resolved' }>, 'outcome'>]>(
    [
      [
        { issuer: 'own', jti: 't1' },
        {
          targets: [{ kind: 'token', issuer: 'own', tokenId: 't1', expiresAtSeconds: NOW + 600 }],
          warnings: [],
          account: ACCOUNT_ID,
        },
      ],
      // The expiry in the record takes precedence over the caller's.
      [
        { issuer: 'own', jti: 't1', expires: NOW + 5 },
        {
          targets: [{ kind: 'token', issuer: 'own', tokenId: 't1', expiresAtSeconds: NOW + 600 }],
          warnings: [],
          account: ACCOUNT_ID,
        },
      ],
      [
        { issuer: 'own', jti: 'lost' },
        { targets: [{ kind: 'token', ...lost, unrecorded: true }], warnings: [{ warning: 'no record', ...lost }] },
      ],
      [
        { issuer: 'own', jti: 'lost', expires: NOW + 5 },
        { targets: [{ kind: 'token', ...named, unrecorded: true }], warnings: [{ warning: 'no record', ...named }] },
      ],
      [
        { issuer: 'partner', jti: 't1' },
        { targets: [{ kind: 'token', issuer: 'partner', tokenId: 't1', expiresAtSeconds: undefined }], warnings: [] },
      ],
      [
        { issuer: 'partner', jti: 't1', expires: 5 },
        { targets: [{ kind: 'token', issuer: 'partner', tokenId: 't1', expiresAtSeconds: 5 }], warnings: [] },
      ],
      [
        { thumbprint: 'ab', expires: 5 },
        { targets: [{ kind: 'thumbprint', thumbprint: 'ab', expiresAtSeconds: 5 }], warnings: [] },
      ],
      [
        { issuer: 'own', subject: ACCOUNT_ID },
        { targets: [{ kind: 'account', ...subject }], warnings: [] },
      ],
      [
        { issuer: 'own', subject: 'Ada' },
        { targets: [{ kind: 'account', ...subject }], warnings: [] },
      ],
      [
        { issuer: 'own', subject: 'ada', before: 5 },
        { targets: [{ kind: 'subject', ...subject, issuedUpToSeconds: 5 }], warnings: [] },
      ],
      [
        { issuer: 'own', subject: REMOVED_ID },
        {
          targets: [{ kind: 'account', issuer: 'own', subject: REMOVED_ID }],
          warnings: [{ warning: 'no account', issuer: 'own', accountId: REMOVED_ID }],
        },
      ],
      [
        { issuer: 'partner', subject: 'ada' },
        { targets: [{ kind: 'subject', issuer: 'partner', subject: 'ada', issuedUpToSeconds: NOW }], warnings: [] },
      ],
      [
        { issuer: 'own', kid: 'k1' },
        { targets: [key('own', 'k1').request], warnings: [key('own', 'k1').warning] },
      ],
      [
        { issuer: 'own', kid: 'k2' },
        {
          targets: [key('own', 'k2').request],
          warnings: [key('own', 'k2').warning, { warning: 'no key', issuer: 'own', kid: 'k2', existing: ['k1'] }],
        },
      ],
      [
        { issuer: 'corporate', kid: 'k2' },
        { targets: [key('corporate', 'k2').request], warnings: [key('corporate', 'k2').warning] },
      ],
      [
        { issuer: 'own', all: true },
        { targets: [{ kind: 'issuer', issuer: 'own', issuedUpToSeconds: NOW }], warnings: [all('own')] },
      ],
      [
        { issuer: 'partner', all: true, before: 5 },
        { targets: [{ kind: 'issuer', issuer: 'partner', issuedUpToSeconds: 5 }], warnings: [all('partner', 5)] },
      ],
    ],
  )('resolves %j', async (fields, resolution) => {
    const resolved = await resolveRevocation(requestOf(fields), await setUp());
    expect(resolved).toEqual({ outcome: 'resolved', ...resolution });
  });

  it.each([
    [
      { issuer: 'own', subject: 'eve' },
      { problem: 'unknown account', issuer: 'own', subject: 'eve' },
    ],
    [
      { issuer: 'else', jti: 'j' },
      { problem: 'unknown issuer', issuer: 'else', configured: ['own', 'partner', 'corporate'] },
    ],
    [
      { issuer: 'partner', kid: 'k' },
      { problem: 'no key ids', issuer: 'partner', kind: 'secrets' },
    ],
    [{ token: 'opaque' }, { problem: 'not a token', malformation: 'parts' }],
    [{ token: '' }, { problem: 'not a token', malformation: 'empty' }],
  ])('refuses %j', async (fields, problem) => {
    expect(await resolveRevocation(requestOf(fields), await setUp())).toEqual({ outcome: 'refused', problem });
  });

  it.each<[what: string, issuer: string, account: string | undefined]>([
    ['of our own issuer', 'own', ACCOUNT_ID],
    ['of another issuer, without an account', 'partner', undefined],
  ])('names a verified credential by its id: %s', async (_what, issuer, account) => {
    const parts = await setUp(makeCredential({ identity: { issuer, subject: ACCOUNT_ID, tokenId: 'j1' } }));
    expect(await resolveRevocation({ kind: 'credential', token: JWT }, parts)).toEqual({
      outcome: 'resolved',
      targets: [{ kind: 'token', issuer, tokenId: 'j1', expiresAtSeconds: NOW + 60 }],
      warnings: [],
      account,
    });
  });

  it.each<[string, VerificationResult, unavailableAt: string | undefined]>([
    ['failed a check', { outcome: 'refused', reason: 'token_invalid', check: 'signature' }, undefined],
    ['could not be checked', { outcome: 'refused', reason: 'unavailable', check: 'signature', issuer: 'own' }, 'own'],
  ])('names a credential that %s by its thumbprint, with a warning', async (_what, examined, unavailableAt) => {
    const resolved = await resolveRevocation({ kind: 'credential', token: JWT }, await setUp(examined));
    expect(resolved).toEqual({
      outcome: 'resolved',
      targets: [
        { kind: 'thumbprint', thumbprint: expect.stringMatching(/^[0-9a-f]{64}$/), expiresAtSeconds: NOW + 60 },
      ],
      warnings: [{ warning: 'not verified', check: 'signature', unavailableAt }],
      account: undefined,
    });
  });

  it('accepts an opaque token only if an issuer has such tokens', async () => {
    const parts = await setUp(makeCredential({ identity: { issuer: 'legacy', tokenId: 'o1' } }));
    const issuers = [...ISSUERS, { name: 'legacy', kind: 'introspection' }] as const;
    const resolved = await resolveRevocation({ kind: 'credential', token: 'opaque' }, { ...parts, issuers });
    expect(resolved).toMatchObject({ targets: [{ kind: 'thumbprint' }, { kind: 'token', tokenId: 'o1' }] });
  });

  it('uses the longest life that the configuration allows now if no key has signed for longer', async () => {
    const parts = await setUp();
    const signingKeys = { read: async () => ({ revision: 1, keys: [{ ...KEY, longestTokenSeconds: 10 }] }) };
    const request = requestOf({ issuer: 'own', jti: 'lost' });
    expect(await resolveRevocation(request, { ...parts, signingKeys })).toMatchObject({
      targets: [{ expiresAtSeconds: NOW + 5_000 }],
    });
  });
});

describe('resolveRevocation() without readable signing keys', () => {
  const signingKeys = { read: () => Promise.reject(new Error('the keys cannot be read')) };

  it('resolves a token with a record, and a key', async () => {
    const parts = { ...(await setUp()), signingKeys };
    for (const fields of [{ jti: 't1' }, { kid: 'k1' }]) {
      const resolved = await resolveRevocation(requestOf({ issuer: 'own', ...fields }), parts);
      expect(resolved).toMatchObject({ outcome: 'resolved' });
    }
  });

  it('rejects for an id without a record, whose entry could be too short', async () => {
    const parts = { ...(await setUp()), signingKeys };
    const asked = resolveRevocation(requestOf({ issuer: 'own', jti: 'lost' }), parts);
    await expect(asked).rejects.toThrow('the keys cannot be read');
  });

  it('resolves an id without a record if the caller says when the token expires', async () => {
    const parts = { ...(await setUp()), signingKeys };
    const resolved = await resolveRevocation(requestOf({ issuer: 'own', jti: 'lost', expires: NOW + 5 }), parts);
    expect(resolved).toMatchObject({ targets: [{ tokenId: 'lost', expiresAtSeconds: NOW + 5, unrecorded: true }] });
  });

  it('rejects if the records cannot be read', async () => {
    const tokens = { find: () => Promise.reject(new Error('the records cannot be read')) };
    const parts = { ...(await setUp()), tokens };
    const asked = resolveRevocation(requestOf({ issuer: 'own', jti: 't1' }), parts);
    await expect(asked).rejects.toThrow('the records cannot be read');
  });
});
