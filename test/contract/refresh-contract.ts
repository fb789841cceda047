import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { RefreshStep, TokenRecord } from '../../src/tokens/token.ts';
import { account, FAR, MARK, token, UNUSED } from '../support/store/records.ts';

const FAMILY: TokenRecord = {
  ...token('family'),
  use: 'refresh',
  expiresAtSeconds: FAR,
  accessTtlSeconds: 86_400,
  refreshes: 0,
};

/** `advance()` of tokens, and the fields that belong to a family of refresh tokens. */
export function describeRefresh(open: () => Promise<Store>): void {
  describe('tokens', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      for (const id of ['account-1', 'account-2']) await store.accounts.add(account(id, id));
      expect(await store.tokens.add(FAMILY, 0)).toBe(true);
    });

    it('find() and list() return a family and its access token as they were added', async () => {
      const member = { ...token('member'), expiresAtSeconds: FAR, family: FAMILY.id };
      await store.tokens.add(member, 0);
      expect(await store.tokens.find('member')).toEqual({ ...member, ...UNUSED });
      expect(await store.tokens.find('family')).toEqual({ ...FAMILY, ...UNUSED });
      const { tokens } = await store.tokens.list('account-1', 9, undefined, {
        uses: ['refresh'],
        expireAfterSeconds: 0,
      });
      expect(tokens).toEqual([{ ...FAMILY, ...UNUSED }]);
    });

    it('advance() counts each refresh, and moves the expiry to a later time only', async () => {
      for (const [from, expiresAtSeconds, expected] of [
        [0, FAR + 100, FAR + 100],
        [1, FAR + 50, FAR + 100],
        [2, FAR + 200.5, FAR + 200.5],
      ] as const) {
        expect(await store.tokens.advance(step({ from, expiresAtSeconds }), 0)).toBe('advanced');
        const family = { ...FAMILY, refreshes: from + 1, expiresAtSeconds: expected };
        expect(await store.tokens.find('family')).toEqual({ ...family, ...UNUSED });
      }
      expect((await store.tokens.list('account-1', 9)).tokens).toMatchObject([{ id: 'family', refreshes: 3 }]);
    });

    it('advance() succeeds for one of twenty callers at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.tokens.advance(step({}), 0)));
      expect(outcomes.filter((outcome) => outcome === 'advanced')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'superseded')).toHaveLength(19);
      expect((await store.tokens.find('family'))?.refreshes).toBe(1);
    });

    it.each([1, 7, -1])('advance() from %s writes nothing if 0 is valid', async (from) => {
      expect(await store.tokens.advance(step({ from, expiresAtSeconds: FAR + 1 }), 0)).toBe('superseded');
      expect(await store.tokens.find('family')).toEqual({ ...FAMILY, ...UNUSED });
    });

    it('advance() writes nothing for an account that changed, was disabled, or does not exist', async () => {
      expect(await store.tokens.advance(step({}), 1)).toBe('account_changed');
      expect(await store.tokens.advance(step({ accountId: 'unknown' }), 0)).toBe('account_changed');
      await store.accounts.update('account-1', { disabled: true }, { mark: MARK });
      const version = (await store.accounts.findById('account-1'))?.version ?? 0;
      expect(await store.tokens.advance(step({}), version)).toBe('account_changed');
      expect(await store.tokens.find('family')).toEqual({ ...FAMILY, ...UNUSED });
    });

    it('advance() knows only families, of their own accounts', async () => {
      await store.tokens.add({ ...token('member'), expiresAtSeconds: FAR, family: FAMILY.id }, 0);
      for (const other of [{ id: 'unknown' }, { id: 'member' }, { accountId: 'account-2' }]) {
        expect(await store.tokens.advance(step(other), 0)).toBe('unknown');
      }
      expect(await store.tokens.find('unknown')).toBeUndefined();
      expect((await store.tokens.find('member'))?.refreshes).toBeUndefined();
      expect((await store.tokens.find('family'))?.refreshes).toBe(0);
    });

    it('a change of the account after advance() ends the new token', async () => {
      const now = Math.floor(Date.now() / 1000);
      await store.tokens.add({ ...token('member'), createdAtSeconds: now + 5, expiresAtSeconds: FAR }, 0);
      await store.tokens.advance(step({ issuedAtSeconds: now + 5 }), 0);
      await store.accounts.update('account-1', { scopes: [] }, { mark: MARK });
      const [mark] = await store.revocations.readEntries([MARK]);
      expect(Number(mark?.value)).toBeGreaterThanOrEqual(now + 5);
    });

    it('advance() keeps how a family ended and when it was used', async () => {
      await store.tokens.markUsed(new Map([['family', 1_200]]));
      await store.tokens.end('family', { atSeconds: 1_500, by: 'ada', reason: 'lost' });
      expect(await store.tokens.advance(step({}), 0)).toBe('advanced');
      const end = { atSeconds: 1_500, by: 'ada', reason: 'lost' };
      expect(await store.tokens.find('family')).toMatchObject({ lastUsedAtSeconds: 1_200, end, refreshes: 1 });
    });

    it('restore() keeps the state of a family, which goes on from there', async () => {
      const copied = { ...FAMILY, ...UNUSED, id: 'copied', refreshes: 4, expiresAtSeconds: FAR + 7 };
      expect(await store.tokens.restore(copied)).toBe(true);
      expect(await store.tokens.find('copied')).toEqual(copied);
      expect(await store.tokens.advance(step({ id: 'copied', from: 3 }), 0)).toBe('superseded');
      expect(await store.tokens.advance(step({ id: 'copied', from: 4 }), 0)).toBe('advanced');
    });
  });
}

function step(change: Partial<RefreshStep>): RefreshStep {
  const { id, accountId } = FAMILY;
  return { id, accountId, from: 0, issuedAtSeconds: 1_000, expiresAtSeconds: FAR, ...change };
}
