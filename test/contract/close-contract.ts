import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/ports.ts';
import { EPOCH_PREFIX } from '../../src/revocation-set/revocation-store.ts';
import type { Store } from '../../src/store/store.ts';
import { account, entry, MARK, signingKey, token, UNUSED } from '../support/store/records.ts';

/** Closing a store. */
export function describeClose(open: () => Promise<Store>): void {
  describe('close()', () => {
    it('completes calls that were accepted before', async () => {
      const store = await open();
      await store.accounts.add(account('account-1', 'ada'));
      const accepted = [
        store.revocations.write(entry('sallyport:revoked:own:a')),
        store.accounts.add(account('account-2', 'max')),
        store.tokens.add(token('token-1'), 0),
        store.signingKeys.replace('own', 0, [signingKey('key-1')]),
      ];
      await store.close();
      expect(await Promise.all(accepted)).toEqual([undefined, { outcome: 'added' }, true, true]);
    });

    it('can be called again', async () => {
      const store = await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('makes every method reject with StoreError', async () => {
      const store = await open();
      await store.close();
      const limits = { waitsMs: [0], forgetAfterMs: 1_000 };
      const attempt = { name: 'ada', place: 'home', device: undefined, countsStrangers: true };
      const names = { accountId: 'account-1', key: 'key-1', fingerprint: 'x', resourceId: 'token-1' };
      const request = { ...names, startedAtSeconds: 1 };
      const calls = [
        () => store.revocations.read(['sallyport:revoked:own:a']),
        () => store.revocations.write(entry('sallyport:revoked:own:a')),
        () => store.revocations.readEntries(['sallyport:revoked:own:a']),
        () => store.revocations.restore(entry('sallyport:revoked:own:a')),
        () => store.revocations.undo('', { ...entry('sallyport:revoked:own:a'), expiresAtSeconds: 1 }),
        () => store.epochs.read(),
        () => store.epochs.swap(EPOCH_PREFIX, undefined, 'A'),
        () => store.accounts.find('ada'),
        () => store.accounts.findById('account-1'),
        () => store.accounts.list(),
        () => store.accounts.page(1),
        () => store.accounts.add(account('account-1', 'ada')),
        () => store.accounts.update('account-1', { disabled: true }),
        () => store.accounts.remove('account-1', entry(MARK, '100')),
        () => store.tokens.add(token('token-1'), 0),
        () => store.tokens.find('token-1'),
        () => store.tokens.findByKey('a'.repeat(64)),
        () => store.tokens.list('account-1', 1),
        () => store.tokens.rotate('token-1', token('token-2'), 0),
        () => store.tokens.advance({ id: 'a', accountId: 'b', from: 0, issuedAtSeconds: 1, expiresAtSeconds: 2 }, 0),
        () => store.tokens.end('token-1', { atSeconds: 1, by: 'ada' }),
        () => store.tokens.forgetEnd('token-1'),
        () => store.tokens.markUsed(new Map([['token-1', 1]])),
        () => store.tokens.restore({ ...token('token-1'), ...UNUSED }),
        () => store.logInHistory.count(attempt, limits),
        () => store.logInHistory.takeBack('ada', '*', limits),
        () => store.logInHistory.remember('ada', 'home'),
        () => store.logInHistory.forgive('ada'),
        () => store.idempotency.claim(request),
        () => store.idempotency.settle('account-1', 'key-1', 'made'),
        () => store.usedProofs.use('proof-1', 1_000),
        () => store.signingKeys.read('own'),
        () => store.signingKeys.replace('own', 0, [signingKey('key-1')]),
        () => Array.fromAsync(store.contents.read()),
      ];
      for (const call of calls) await expect(call()).rejects.toThrow(StoreError);
    });
  });
}
