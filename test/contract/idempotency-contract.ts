import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { IdempotencyRecord } from '../../src/tokens/idempotency-store.ts';
import {
  IDEMPOTENCY_KEPT_REQUESTS,
  IDEMPOTENCY_KEPT_SECONDS,
  IDEMPOTENCY_RUN_SECONDS,
} from '../../src/tokens/idempotency-store.ts';

const NOW = Math.floor(Date.now() / 1000);

function request(more: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  const names = { accountId: 'account-1', key: 'key-1', fingerprint: 'same', resourceId: 'token-1' };
  return { ...names, startedAtSeconds: NOW, ...more };
}

/** Requests that create something, and that are repeated. */
export function describeIdempotency(open: () => Promise<Store>): void {
  describe('idempotency', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    const again = (more: Partial<IdempotencyRecord> = {}) =>
      store.idempotency.claim(request({ resourceId: 'token-2', ...more }));
    const later = (seconds: number) => ({ startedAtSeconds: NOW + seconds });

    it('claim() gives a request to one of several callers at once', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `token-${index}`);
      const claims = await Promise.all(ids.map((resourceId) => store.idempotency.claim(request({ resourceId }))));
      const [first, ...more] = claims.filter(({ isClaimed }) => isClaimed);
      expect(more).toEqual([]);
      expect(first).toEqual({ ...request(), resourceId: first?.resourceId, state: 'running', isClaimed: true });
      expect(new Set(claims.map(({ resourceId }) => resourceId))).toEqual(new Set([first?.resourceId]));
    });

    it('claim() returns what was created, also to another request, and settle() does not change it', async () => {
      await store.idempotency.claim(request());
      await store.idempotency.settle('account-1', 'key-1', 'made');
      for (const end of ['refused', 'interrupted'] as const) {
        await store.idempotency.settle('account-1', 'key-1', end);
      }
      const completed = { ...request(), state: 'made', isClaimed: false };
      expect(await again(later(IDEMPOTENCY_KEPT_SECONDS - 1))).toEqual(completed);
      expect(await again({ fingerprint: 'other' })).toEqual(completed);
    });

    it('claim() keeps the keys of accounts apart', async () => {
      await store.idempotency.claim(request());
      expect(await again({ key: 'key-2' })).toMatchObject({ isClaimed: true, resourceId: 'token-2' });
      expect(await again({ accountId: 'account-2' })).toMatchObject({ isClaimed: true, resourceId: 'token-2' });
    });

    it('claim() takes over an interrupted request, with its resource', async () => {
      await store.idempotency.claim(request());
      await store.idempotency.settle('account-1', 'key-1', 'interrupted');
      const interrupted = { state: 'interrupted', isClaimed: false, fingerprint: 'same' };
      expect(await again({ fingerprint: 'other' })).toMatchObject(interrupted);
      const running = { state: 'running', isClaimed: true, resourceId: 'token-1' };
      expect(await again(later(1))).toEqual({ ...request(later(1)), ...running });
      expect(await again(later(2))).toMatchObject({ ...running, isClaimed: false });
    });

    it('claim() takes over a request that has run for too long', async () => {
      await store.idempotency.claim(request());
      expect(await again(later(IDEMPOTENCY_RUN_SECONDS - 1))).toMatchObject({ state: 'running', isClaimed: false });
      expect(await again(later(IDEMPOTENCY_RUN_SECONDS))).toMatchObject({ isClaimed: true, resourceId: 'token-1' });
      expect(await again(later(IDEMPOTENCY_RUN_SECONDS))).toMatchObject({ isClaimed: false });
    });

    it('claim() forgets a request after a day', async () => {
      await store.idempotency.claim(request());
      await store.idempotency.settle('account-1', 'key-1', 'made');
      const day = later(IDEMPOTENCY_KEPT_SECONDS);
      expect(await again({ fingerprint: 'other', ...day })).toMatchObject({ isClaimed: true, resourceId: 'token-2' });
    });

    it('claim() remembers a limited number of the newest requests of an account', async () => {
      const all = Array.from({ length: IDEMPOTENCY_KEPT_REQUESTS + 2 }, (_, index) =>
        request({ key: `key-${index}`, resourceId: `token-${index}`, ...later(index) }),
      );
      for (const one of all) await store.idempotency.claim(one);
      const last = later(all.length);
      expect(await again({ key: 'key-2', ...later(2) })).toMatchObject({ isClaimed: false, resourceId: 'token-2' });
      expect(await again({ key: 'key-1', ...last })).toMatchObject({ isClaimed: true, resourceId: 'token-2' });
      expect(await again({ accountId: 'account-2', ...last })).toMatchObject({ isClaimed: true });
    });

    it('settle() frees the key of a refused request', async () => {
      await store.idempotency.claim(request());
      await store.idempotency.settle('account-1', 'key-1', 'refused');
      expect(await again({ fingerprint: 'other' })).toMatchObject({ isClaimed: true, resourceId: 'token-2' });
      await store.idempotency.settle('account-1', 'unknown', 'made');
      expect(await again({ key: 'unknown' })).toMatchObject({ isClaimed: true });
    });
  });
}
