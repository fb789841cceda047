import { expect, onTestFinished } from 'vitest';
import type { RevocationObserver } from '../../../src/core/ports.ts';
import { writeUndone } from '../../../src/core/revocation-entry.ts';
import type { Verdict } from '../../../src/core/standing.ts';
import { judge } from '../../../src/core/standing.ts';
import { acceptLoss } from '../../../src/revocation/accept-loss.ts';
import { formatEpoch } from '../../../src/revocation-set/epoch.ts';
import { RevocationSet } from '../../../src/revocation-set/revocation-set.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeCredential } from '../core.ts';

const LIMITS = { maxStalenessMs: 1_000, keepMs: 0, storeTimeoutMs: 2_000, allowKnownForMs: 60_000 };

/** Records what an operator would learn, in order. */
class RecordingObserver implements RevocationObserver {
  readonly lines: string[] = [];
  feedLost = (): void => this.add('feed lost');
  feedBack = (): void => this.add('feed back');
  outageBegan = (): void => this.add('outage');
  outageEnded = (): void => this.add('outage over');
  setLost = (): void => this.add('set lost');
  setAccepted = (): void => this.add('accepted');
  entriesRewritten = (count: number): void => this.add(`rewritten ${count}`);
  entriesVanished = (count: number): void => this.add(`vanished ${count}`);

  private add(line: string): void {
    this.lines.push(line);
  }
}

/** One instance of Sallyport, as far as it knows the revocation set and decides by it. */
export interface Instance {
  readonly store: Store;
  readonly revocationSet: RevocationSet;
  readonly told: readonly string[];
  /** Revokes the token with this id; resolves once the store has acknowledged it. */
  revoke(id: string, expiresAtSeconds?: number, value?: string): Promise<void>;
  /** Takes back the revocation of this id, like `sallyport token unrevoke`. */
  takeBack(id: string): Promise<void>;
  /** Resolves to the verdict on the token for a decision that begins now, under `onOutage: { allowKnownFor: 60s }`. */
  decide(id: string): Promise<Verdict>;
  /** Resolves once the instance has received every change that was made before now. */
  heard(): Promise<void>;
}

export function keyOf(id: string): string {
  return `sallyport:revoked:own:${id}`;
}

/** Starts an instance on a store; it is closed when the test ends. */
export async function startInstance(store: Store): Promise<Instance> {
  const observer = new RecordingObserver();
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
  const revocationSet = await RevocationSet.open({ store, clock, observer, limits: LIMITS, maxStandings: 10_000 });
  onTestFinished(() => revocationSet.end());
  const { standings } = revocationSet;
  const decide = async (id: string): Promise<Verdict> => {
    const credential = makeCredential({ standings: [standings.at(keyOf(id))] });
    const beganMs = performance.now();
    const look = (freshness = standings.freshness): Verdict => {
      const moment = { wallMs: Date.now(), monotonicMs: performance.now(), beganMs, mayAsk: true };
      const [standing] = credential.standings;
      return standing === undefined ? 'unknown' : judge(standing, 1_000, freshness, moment);
    };
    const first = look();
    if (first !== 'unknown') return first;
    return await standings.refresh(credential).then(
      () => look(),
      () => look(standings.outageFreshness),
    );
  };
  return {
    store,
    revocationSet,
    told: observer.lines,
    revoke: (id, expiresAtSeconds = Math.ceil(Date.now() / 1000) + 5_000, value = '{}') =>
      store.revocations.write({ key: keyOf(id), value, expiresAtSeconds }),
    takeBack: async (id) => {
      const [standing] = await store.revocations.readEntries([keyOf(id)]);
      if (standing === undefined) throw new Error(`${id} is not revoked`);
      const expiresAtSeconds = Math.ceil(Date.now() / 1000) + 5_000;
      const value = writeUndone({ undoes: standing.value });
      expect(await store.revocations.undo(standing.value, { key: standing.key, value, expiresAtSeconds })).toBe(true);
    },
    decide,
    heard: async () => {
      const moment = performance.now();
      const heardUpTo = (): number => standings.freshness.heardUpToMs;
      await expect.poll(heardUpTo, { timeout: 20_000, interval: 10 }).toBeGreaterThanOrEqual(moment);
    },
  };
}

/** Accepts every loss, like `sallyport store accept-loss`. */
export async function acceptAll({ epochs }: Store): Promise<void> {
  for (const [key, found] of await epochs.read()) {
    const record = acceptLoss(found, `accepted-${Math.random()}`);
    if (record !== undefined) expect(await epochs.swap(key, found, formatEpoch(record))).toBe(true);
  }
}
