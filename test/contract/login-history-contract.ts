import { beforeEach, describe, expect, it } from 'vitest';
import type { GuessLimits, LogInAttempt, LogInHistoryStore } from '../../src/accounts/guesses/log-in-history-store.ts';
import { PLACES_KEPT, STRANGERS } from '../../src/accounts/guesses/log-in-history-store.ts';
import type { Store } from '../../src/store/store.ts';

const HOUR_MS = 3_600_000;
/** Three failures at once, and one more each hour; nothing is forgotten during a test. */
const THREE: GuessLimits = { waitsMs: [0, 0, HOUR_MS], forgetAfterMs: 24 * HOUR_MS };
/** Each failure is forgotten by the time of the next one. */
const FORGETFUL: GuessLimits = { waitsMs: [0, 0, HOUR_MS], forgetAfterMs: 0 };

/** The history of log-ins. */
export function describeLoginHistory(open: () => Promise<Store>): void {
  describe('history of log-ins', () => {
    let history: LogInHistoryStore;
    beforeEach(async () => {
      history = (await open()).logInHistory;
    });

    const attempt = (more: Partial<LogInAttempt> = {}): LogInAttempt => ({
      name: 'ada',
      place: 'cafe',
      device: undefined,
      countsStrangers: true,
      ...more,
    });
    const counts = (more: Partial<LogInAttempt> = {}, limits = THREE) => history.count(attempt(more), limits);
    const refused = { outcome: 'refused', isFamiliar: false };

    it('count() counts the failures of all strangers to a name together, and returns the time to wait', async () => {
      for (const [index, place] of ['cafe', 'train', undefined].entries()) {
        const failures = index + 1;
        expect(await counts({ place })).toEqual({ outcome: 'counted', budget: STRANGERS, isFamiliar: false, failures });
      }
      const last = await counts({ place: 'elsewhere' });
      expect(last).toMatchObject(refused);
      const waitMs = last.outcome === 'refused' ? last.waitMs : 0;
      expect(waitMs).toBeGreaterThan(HOUR_MS / 2);
      expect(waitMs).toBeLessThanOrEqual(HOUR_MS);
      expect(await counts({ name: 'max' })).toMatchObject({ outcome: 'counted', failures: 1 });
    });

    it('count() admits no more calls at once than one after another', async () => {
      const all = await Promise.all(Array.from({ length: 20 }, () => counts()));
      expect(all.filter(({ outcome }) => outcome === 'counted')).toHaveLength(3);
    });

    it('count() repeats the last wait', async () => {
      const impatient = { waitsMs: [HOUR_MS, 0], forgetAfterMs: 24 * HOUR_MS };
      expect(await counts({}, impatient)).toMatchObject({ outcome: 'counted', failures: 1 });
      expect(await counts({}, impatient)).toMatchObject(refused);
      await history.takeBack('ada', STRANGERS, impatient);
      for (let failures = 1; failures < 6; failures++) {
        expect(await counts({}, { ...THREE, waitsMs: [0] })).toMatchObject({ outcome: 'counted', failures });
      }
    });

    it('count() forgets failures after their time', async () => {
      for (let turn = 0; turn < 6; turn++) {
        expect(await counts({}, FORGETFUL)).toMatchObject({ outcome: 'counted', failures: 1 });
      }
    });

    it('count() gives a familiar place its own budget', async () => {
      await history.remember('ada', 'home');
      for (let turn = 0; turn < 4; turn++) await counts();
      expect(await counts()).toMatchObject(refused);
      for (const failures of [1, 2, 3]) {
        expect(await counts({ place: 'home' })).toEqual({
          outcome: 'counted',
          budget: 'home',
          isFamiliar: true,
          failures,
        });
      }
      expect(await counts({ place: 'home' })).toMatchObject({ outcome: 'refused', isFamiliar: true });
      expect(await counts({ name: 'max', place: 'home' })).toMatchObject({ budget: STRANGERS, isFamiliar: false });
    });

    it('count() gives a device its own budget at every address', async () => {
      await history.remember('ada', 'home');
      for (let turn = 0; turn < 4; turn++) await counts();
      for (const place of ['cafe', 'home', undefined]) {
        expect(await counts({ device: 'laptop', place })).toMatchObject({ budget: 'laptop', isFamiliar: true });
      }
      expect(await counts({ device: 'laptop' })).toMatchObject({ outcome: 'refused', isFamiliar: true });
    });

    it('count() refuses strangers without counting them if the caller says so', async () => {
      await history.remember('ada', 'home');
      for (let turn = 0; turn < 5; turn++) {
        expect(await counts({ countsStrangers: false })).toEqual({ ...refused, waitMs: 0 });
      }
      expect(await counts({ countsStrangers: false, place: 'home' })).toMatchObject({ outcome: 'counted' });
      expect(await counts()).toMatchObject({ outcome: 'counted', failures: 1 });
    });

    it('takeBack() frees a place in the budget and reverts the wait', async () => {
      for (let turn = 0; turn < 3; turn++) await counts();
      expect(await counts()).toMatchObject(refused);
      await history.takeBack('ada', STRANGERS, THREE);
      expect(await counts()).toMatchObject({ outcome: 'counted', failures: 3 });
      expect(await counts()).toMatchObject(refused);
    });

    it('takeBack() does nothing for an unknown failure', async () => {
      await history.takeBack('ada', STRANGERS, THREE);
      await counts();
      await history.takeBack('ada', STRANGERS, THREE);
      await history.takeBack('ada', STRANGERS, THREE);
      expect(await counts()).toMatchObject({ outcome: 'counted', failures: 1 });
    });

    it('remember() keeps the places of the latest log-ins', async () => {
      const places = Array.from({ length: PLACES_KEPT + 1 }, (_, index) => `place-${index}`);
      for (const place of places) await history.remember('ada', place);
      const isFamiliar = async (place: string) => (await counts({ place }, FORGETFUL)).isFamiliar;
      expect(await isFamiliar('place-0')).toBe(false);
      for (const place of places.slice(1)) expect([place, await isFamiliar(place)]).toEqual([place, true]);
    });

    it('forgive() forgets every failure of one name, and leaves its places familiar', async () => {
      await history.remember('ada', 'home');
      for (let turn = 0; turn < 4; turn++) {
        await counts();
        await counts({ place: 'home' });
        await counts({ device: 'laptop' });
        await counts({ name: 'max' });
      }
      await history.forgive('ada');
      await history.forgive('nobody');
      expect(await counts()).toMatchObject({ budget: STRANGERS, failures: 1 });
      expect(await counts({ place: 'home' })).toMatchObject({ budget: 'home', failures: 1 });
      expect(await counts({ device: 'laptop' })).toMatchObject({ budget: 'laptop', failures: 1 });
      expect(await counts({ name: 'max' })).toMatchObject(refused);
    });
  });
}
