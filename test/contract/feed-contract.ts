import { describe, expect, it } from 'vitest';
import { writeUndone } from '../../src/core/revocation-entry.ts';
import type { Store } from '../../src/store/store.ts';
import { RecordingListener } from '../support/store/recording-listener.ts';
import { account, entry, MARK } from '../support/store/records.ts';

/** The changes that the feed reports. */
export function describeFeed(open: () => Promise<Store>): void {
  describe('feed', () => {
    it('reports a write before the write resolves', async () => {
      const { store, listener } = await follow(open);
      const reported: string[] = [];
      for (const [key, value] of [
        ['sallyport:revoked:own:a', ''],
        [MARK, '100'],
        [MARK, '200'],
      ] as const) {
        // A feed may report a change twice, so earlier reports are ignored.
        reported.push(...listener.keys.splice(0));
        await store.revocations.write(entry(key, value));
        expect(listener.keys).toContain(key);
      }
      expect(new Set([...reported, ...listener.keys])).toEqual(new Set(['sallyport:revoked:own:a', MARK]));
    });

    it('reports that a revocation is taken back before undo() resolves', async () => {
      const { store, listener } = await follow(open);
      const key = 'sallyport:revoked:own:a';
      await store.revocations.write(entry(key, 'A'));
      listener.keys.length = 0;
      const undone = { key, value: writeUndone({ undoes: 'A' }), expiresAtSeconds: 4_000_000_000 };
      expect(await store.revocations.undo('A', undone)).toBe(true);
      expect(listener.keys).toContain(key);
    });

    it('reports the mark of a removed account before the removal resolves', async () => {
      const { store, listener } = await follow(open);
      await store.accounts.add(account('account-1', 'ada'));
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(new Set(listener.keys)).toEqual(new Set([MARK]));
    });

    it('reports the mark of a changed account before the change resolves', async () => {
      const { store, listener } = await follow(open);
      await store.accounts.add(account('account-1', 'ada'));
      for (let changes = 0; changes < 2; changes++) {
        await store.accounts.update('account-1', { disabled: true }, { mark: MARK });
        expect(listener.keys.splice(0)).toContain(MARK);
      }
    });

    it('reports changes between open() and follow()', async () => {
      const store = await open();
      await store.revocations.write(entry('sallyport:revoked:own:a'));
      const listener = new RecordingListener();
      store.feed.follow(listener);
      expect(listener.keys).toEqual(['sallyport:revoked:own:a']);
    });

    it('can be followed only once', async () => {
      const { store } = await follow(open);
      expect(() => store.feed.follow(new RecordingListener())).toThrow('followed already');
    });
  });
}

/** The time up to which the feed has reported every change. */
export function describeHearing(open: () => Promise<Store>): void {
  it('feed soon reports every change up to any given time', async () => {
    const { listener } = await follow(open);
    for (let round = 0; round < 3; round++) {
      const nowMs = performance.now();
      await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThanOrEqual(nowMs);
    }
    expect(listener).toMatchObject({ keys: [], breaks: [] });
  });

  it('feed never reports an earlier time than before', async () => {
    const { store, listener } = await follow(open);
    await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThan(0);
    const { losses } = listener;
    await store.revocations.write(entry('sallyport:revoked:own:a'));
    const nowMs = performance.now();
    await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThanOrEqual(nowMs);
    expect(listener.losses).toBe(losses);
  });
}

async function follow(open: () => Promise<Store>): Promise<{ store: Store; listener: RecordingListener }> {
  const store = await open();
  const listener = new RecordingListener();
  store.feed.follow(listener);
  return { store, listener };
}
