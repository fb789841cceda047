import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { SOMEONE } from '../support/audit.ts';
import { in30Days, LOGIN, NOW, openPrivateTokens } from '../support/private-tokens.ts';

/** Sets the field `successor` of a token's record in Redis. */
export type SetSuccessor = (tokenId: string, value: string) => Promise<void>;

/**
 * An interrupted rotation, as `tokens/rotation` handles it over every store.
 *
 * @param setSuccessor for a store that names a successor and records it in two steps.
 */
export function describeRotation(open: () => Promise<Store>, setSuccessor: SetSuccessor | undefined): void {
  describe('an interrupted rotation', () => {
    it('keeps its successor for 15 seconds, and then gives way to another rotation', async () => {
      const { breakOff, rotation, store, time, views } = await openPrivateTokens(await open());
      const { old, successor } = await breakOff();
      time.nowSeconds += 14;
      const message = `the token was already rotated to ${successor}; if that failed, try again in 1 s`;
      expect(await rotation.rotate(SOMEONE, old, LOGIN, in30Days)).toEqual({ outcome: 'conflict', message });
      time.nowSeconds += 1;
      const rotated = await rotation.rotate(SOMEONE, old, LOGIN, in30Days);
      expect(rotated).toMatchObject({ outcome: 'issued' });
      expect(await store.tokens.find(old)).toMatchObject({ successor: 'id' in rotated ? rotated.id : undefined });
      expect(await views.find('ada', successor)).toMatchObject({ status: 'revoked' });
    });

    if (setSuccessor === undefined) return;

    it('keeps a successor that was never recorded for 15 seconds, and then gives way to another rotation', async () => {
      const { create, rotation, store, time } = await openPrivateTokens(await open());
      const { id } = await create(90);
      await setSuccessor(id, `${NOW}:ghost`);
      time.nowSeconds += 14;
      const message = 'the token was already rotated';
      expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toEqual({ outcome: 'conflict', message });
      expect((await store.tokens.find(id))?.successor).toBe('ghost');
      time.nowSeconds += 1;
      const rotated = await rotation.rotate(SOMEONE, id, LOGIN, in30Days);
      expect(rotated).toMatchObject({ outcome: 'issued' });
      expect(await store.tokens.find(id)).toMatchObject({ successor: 'id' in rotated ? rotated.id : undefined });
    });
  });
}
