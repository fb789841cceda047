import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { recordAudit, SOMEONE } from '../../test/support/audit.ts';
import { always } from '../../test/support/jwt/signing.ts';
import { withRevocations } from '../../test/support/store/revocations.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { TokenSigner } from '../signing/token-signer.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/store.ts';
import { IssueToken } from './issue-token.ts';
import { ScopeRules } from './scope-rules.ts';
import { TokenMint } from './token-mint.ts';

const NOW_SECONDS = 1_800_000_000;
/** The authority of a password. */
const ADA = { accountId: 'a1', accountVersion: 0, atSeconds: NOW_SECONDS, token: undefined };
const clock = { wallMs: () => NOW_SECONDS * 1000 + 400 };
const issuer: OwnIssuer = {
  kind: 'signing',
  name: 'sallyport',
  issuer: ['https://sallyport.local'],
  audience: ['sms-api'],
  algorithms: ['EdDSA'],
  signing: { algorithm: 'EdDSA', sealWith: undefined, publishAheadSeconds: 600 },
  ttl: { defaultSeconds: 86_400, maxSeconds: 604_800, privateMaxSeconds: 31_536_000 },
};
const catalogue = new Map([
  ['messages:send', { description: undefined, maxTtlSeconds: 3600 }],
  ['messages:list', { description: undefined, maxTtlSeconds: undefined }],
  ['devices:list', { description: undefined, maxTtlSeconds: undefined }],
]);
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = {
  kid: 'k1',
  algorithm: 'EdDSA',
  signing: privateKey,
  verification: { kid: 'k1', key: publicKey, inForce: { inForce: true } },
} as const;
const signer = new TokenSigner(issuer, always(key));

async function setUp(scopes: readonly string[] = ['messages:send', 'messages:list', 'tokens:manage']) {
  const store = openMemoryStore();
  await store.accounts.add({
    id: 'a1',
    name: 'ada',
    passwordHash: 'x',
    scopes,
    disabled: false,
    createdAtSeconds: 1,
    version: 0,
  });
  return { store, issuing: issuingWith(store, store.tokens) };
}

function issuingWith(store: Store, tokens: Pick<Store['tokens'], 'add' | 'end' | 'find'>): IssueToken {
  const { accounts, revocations } = withRevocations(store);
  const observer = { clockBehindMark: () => {} };
  const parts = { issuer: 'sallyport', clockSkewMs: 30_000 };
  const mint = new TokenMint({ ...parts, tokens, revocations, signer, clock, observer });
  return new IssueToken({
    ttl: issuer.ttl,
    rules: new ScopeRules(catalogue),
    accounts,
    mint,
    audit: recordAudit().audit,
  });
}

describe('IssueToken', () => {
  it('issue() records the token and signs exactly the claims of the contract', async () => {
    const { store, issuing } = await setUp();
    const scopes = ['messages:list', 'tokens:manage', 'messages:list'];
    const issued = await issuing.issue(SOMEONE, ADA, { ttlSeconds: 600, scopes });
    if (issued.outcome !== 'issued') throw new Error('refused');
    const times = { createdAtSeconds: NOW_SECONDS, expiresAtSeconds: NOW_SECONDS + 600 };
    const kept = ['messages:list', 'tokens:manage'];
    expect(await store.tokens.find(issued.id)).toEqual({
      id: issued.id,
      accountId: 'a1',
      use: 'access',
      scopes: kept,
      ...times,
      lastUsedAtSeconds: undefined,
      end: undefined,
      successor: undefined,
    });
    expect(decodeJwt(issued.accessToken)).toEqual({
      iss: 'https://sallyport.local',
      aud: ['sms-api'],
      sub: 'a1',
      jti: issued.id,
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 600,
      scopes: kept,
      token_use: 'access',
    });
    expect(issued.id).toMatch(/^[\w-]{21}$/);
  });

  it('issue() signs no token that could not be recorded', async () => {
    const { store } = await setUp();
    const add = () => Promise.reject(new Error('disk full'));
    const tokens = { add, find: async () => undefined, end: async () => {} };
    const issuing = issuingWith(store, tokens);
    await expect(issuing.issue(SOMEONE, ADA, { ttlSeconds: 60, scopes: ['messages:list'] })).rejects.toThrow(
      'disk full',
    );
  });

  it.each([
    ['the default', undefined, ['messages:list'], 86_400],
    ["a scope's maximum below the default", undefined, ['messages:list', 'messages:send'], 3600],
    ['the maximum', 604_800, ['messages:list'], 604_800],
  ])('issue() sets a lifetime of %s', async (_lifetime, ttlSeconds, scopes, expected) => {
    const issued = await (await setUp()).issuing.issue(SOMEONE, ADA, { ttlSeconds, scopes });
    expect(issued).toMatchObject({ outcome: 'issued', expiresAtSeconds: NOW_SECONDS + expected });
  });

  it('issue() applies the maximum lifetime of each scope to the wildcard', async () => {
    const { issuing } = await setUp(['all:any', 'tokens:manage']);
    expect(await issuing.issue(SOMEONE, ADA, { ttlSeconds: undefined, scopes: ['all:any'] })).toMatchObject({
      expiresAtSeconds: NOW_SECONDS + 3600,
    });
    expect(await issuing.issue(SOMEONE, ADA, { ttlSeconds: 3601, scopes: ['tokens:manage', 'all:any'] })).toEqual({
      outcome: 'refused',
      errors: [{ field: 'ttl', message: '3601 seconds is over the maximum of 3600 for messages:send' }],
    });
  });

  it.each([
    [604_801, ['messages:list'], [{ field: 'ttl', message: '604801 seconds is over the maximum of 604800' }]],
    [
      3601,
      ['messages:send'],
      [{ field: 'ttl', message: '3601 seconds is over the maximum of 3600 for messages:send' }],
    ],
    [60, ['devices:list'], [{ field: 'scopes[0]', message: 'the account does not have devices:list' }]],
    [60, ['all:any'], [{ field: 'scopes[0]', message: 'the account does not have all:any' }]],
    [
      60,
      ['mesages:list'],
      [{ field: 'scopes[0]', message: 'no such scope: "mesages:list", did you mean "messages:list"?' }],
    ],
    [60, ['messages:list', 'x"y'], [{ field: 'scopes[1]', message: 'no such scope: "x\\"y"' }]],
  ])('issue() refuses %d seconds for %j', async (ttlSeconds, scopes, errors) => {
    const { store, issuing } = await setUp();
    expect(await issuing.issue(SOMEONE, ADA, { ttlSeconds, scopes })).toEqual({ outcome: 'refused', errors });
    expect(await store.accounts.findById('a1')).toBeDefined();
  });

  it('issue() lets all:any cover every scope of the catalogue, but no management scope', async () => {
    const { issuing } = await setUp(['all:any']);
    expect(await issuing.issue(SOMEONE, ADA, { ttlSeconds: 60, scopes: ['devices:list', 'all:any'] })).toMatchObject({
      outcome: 'issued',
    });
    expect(await issuing.issue(SOMEONE, ADA, { ttlSeconds: 60, scopes: ['tokens:manage'] })).toMatchObject({
      errors: [{ field: 'scopes[0]', message: 'the account does not have tokens:manage' }],
    });
  });

  it('issue() issues nothing to an account that was removed', async () => {
    const { issuing } = await setUp();
    expect(
      await issuing.issue(SOMEONE, { ...ADA, accountId: 'a2' }, { ttlSeconds: 60, scopes: ['messages:list'] }),
    ).toEqual({
      outcome: 'no_authority',
    });
  });
});
