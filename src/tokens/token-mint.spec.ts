import { describe, expect, it } from 'vitest';
import { readValues, withRevocations } from '../../test/support/store/revocations.ts';
import type { Authority } from '../accounts/authority.ts';
import { unread } from '../core/standing.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/store.ts';
import { TokenMint } from './token-mint.ts';

const NOW = 1_800_000_000;
const MARK = 'sallyport:notbefore:own:ada';
const ADA: Authority = { accountId: 'ada', accountVersion: 0, atSeconds: NOW, token: undefined };

async function setUp(nowMs = NOW * 1000) {
  const store = openMemoryStore(() => nowMs);
  const account = { id: 'ada', name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1 };
  await store.accounts.add({ ...account, version: 0 });
  const behind: unknown[] = [];
  const signed: string[] = [];
  const signer = {
    sign: async ({ tokenId }: { readonly tokenId: string }) => {
      signed.push(tokenId);
      return 'h.p.s';
    },
  };
  const observer = { clockBehindMark: (...facts: unknown[]) => void behind.push(facts) };
  const { tokens, revocations } = withRevocations(store);
  const clock = { wallMs: () => nowMs };
  const mint = new TokenMint({ issuer: 'own', tokens, revocations, clockSkewMs: 30_000, signer, clock, observer });
  return { store, mint, behind, signed };
}

function writeMark(store: Store, seconds: number | string, key = MARK): Promise<void> {
  return store.revocations.write({ key, value: String(seconds), expiresAtSeconds: undefined });
}

describe('TokenMint.date()', () => {
  it.each([
    ['no mark', undefined, NOW],
    ['an earlier mark', NOW - 1, NOW],
    ['a mark in the same second', NOW, NOW + 1],
    ['a mark two seconds ahead', NOW + 2, NOW + 3],
  ])(
    'returns the later of the time of the authority and the second after the mark: %s',
    async (_mark, mark, expected) => {
      // The clock is near the end of its second, so that the wait is short.
      const { store, mint } = await setUp((NOW + (mark === undefined ? 0 : Math.max(0, mark - NOW)) + 0.98) * 1000);
      if (mark !== undefined) await writeMark(store, mark);
      expect(await mint.date(ADA)).toEqual({ outcome: 'dated', createdAtSeconds: expected });
    },
  );

  it.each([5, 20, 29])('returns the second after a mark that is %d s ahead, within the clock skew', async (ahead) => {
    const { store, mint, behind } = await setUp();
    await writeMark(store, NOW + ahead);
    expect(await mint.date(ADA)).toEqual({ outcome: 'dated', createdAtSeconds: NOW + ahead + 1 });
    expect(behind).toEqual([]);
  });

  it("returns a time after the issuer's mark, too", async () => {
    const { store, mint } = await setUp((NOW + 0.98) * 1000);
    await writeMark(store, NOW, 'sallyport:notbefore-issuer:own');
    expect(await mint.date(ADA)).toEqual({ outcome: 'dated', createdAtSeconds: NOW + 1 });
  });

  it.each([
    ['31 s', NOW + 30, 31, 31],
    ['a day', NOW + 86_399, 86_400, 60],
    ['an unlimited time, because the mark cannot be read', 'tomorrow', Number.POSITIVE_INFINITY, 60],
  ])(
    'refuses, and notifies the observer, if the clock is behind the mark by %s',
    async (_behind, mark, behindSeconds, retry) => {
      const { store, mint, behind } = await setUp();
      await writeMark(store, mark);
      expect(await mint.date(ADA)).toEqual({ outcome: 'clock_behind', retryAfterSeconds: retry });
      expect(behind).toEqual([['ada', behindSeconds]]);
    },
  );
});

describe('TokenMint.issue()', () => {
  const draft = (mint: TokenMint) =>
    mint.draft({ accountId: 'ada', use: 'access', scopes: [], createdAtSeconds: NOW, expiresAtSeconds: NOW + 60 });

  it('signs nothing if the account no longer has the version of the authority', async () => {
    const { store, mint, signed } = await setUp();
    await store.accounts.update('ada', {}, { mark: MARK });
    expect(await mint.issue(draft(mint), ADA)).toEqual({ outcome: 'no_authority' });
    expect([signed, (await store.tokens.list('ada', 10))?.tokens]).toEqual([[], []]);
  });

  it("signs nothing, and ends the new token, if the caller's token is revoked meanwhile", async () => {
    const { store, mint, signed } = await setUp();
    const key = 'sallyport:revoked:own:login-1';
    const { add } = store.tokens;
    store.tokens.add = async (...token) => {
      const added = await add.apply(store.tokens, token);
      await writeMark(store, '', key);
      return added;
    };
    const record = draft(mint);
    const authority = { ...ADA, token: { issuedAtSeconds: NOW, standings: [unread(key)] } };
    expect(await mint.issue(record, authority)).toEqual({ outcome: 'no_authority' });
    expect(signed).toEqual([]);
    expect((await store.tokens.find(record.id))?.end?.reason).toBe('the token that issued it was revoked');
    // A repeated request would show the token, so it must have ended.
    expect(await readValues(store, [`sallyport:revoked:own:${record.id}`])).not.toEqual([undefined]);
  });
});
