import type { OwnIssuer } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { revokedSigningKeyKey } from '../revocation-set/entry-keys.ts';
import type { KeyLife } from './key-life.ts';
import { inOrder, livesOf, longestTokenSeconds, signingAt } from './key-life.ts';
import type { Sealer } from './sealer.ts';
import { SealBrokenError } from './sealer.ts';
import { makeSigningKey, openSigningKey, resealSigningKey } from './signing-key.ts';
import type { SealedSigningKey, SigningKeyStore } from './signing-key-store.ts';

/** Somebody else's change comes first now and then, and never so often in a row. */
const MAX_TRIES = 20;

export interface KeyRingParts {
  readonly issuer: OwnIssuer;
  readonly store: SigningKeyStore;
  readonly revocations: RevocationReader;
  readonly sealer: Sealer;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

/** A key and where it is in its life. */
export type LivingKey = KeyLife & { readonly key: SealedSigningKey };

/** What became of asking for a new key. */
export interface Rotation {
  /** `waits`: one was waiting already, of two who ask at once for one of them. */
  readonly outcome: 'made' | 'waits';
  /** The one that signs next. */
  readonly key: SealedSigningKey;
}

/**
 * The signing keys in the store, for all instances and the command line. Every change is one compare-and-set over all
 * of them, so at each moment, and after a crash at any, there is a whole set. Which key signs follows from the times in
 * it alone, so instances change over without talking.
 */
export class KeyRing {
  private readonly parts: KeyRingParts;

  constructor(parts: KeyRingParts) {
    this.parts = parts;
  }

  /**
   * Brings the keys in order, and resolves to them: the first key is made, those that are revoked or have gone are
   * removed, and where the signing key was revoked another one signs at once. A key leaves by its time or by its
   * revocation only: what a caller has `known` and the store has lost is put back.
   */
  reconcile(known: readonly SealedSigningKey[] = []): Promise<readonly SealedSigningKey[]> {
    return this.change(known, async () => undefined);
  }

  /**
   * Adds a key of the configured algorithm, which is published from now on and signs once everybody can have seen it.
   * Where one waits already nothing is added. Rejects with `SealBrokenError`, and changes nothing, where the secret is
   * not the one that the keys are sealed with: no instance could read any of them with one among them that it cannot open.
   */
  async rotate(): Promise<Rotation> {
    let outcome: Rotation['outcome'] = 'made';
    const keys = await this.change([], async (standing) => {
      const nowSeconds = this.nowSeconds();
      outcome = standing.some(({ signsFromSeconds }) => signsFromSeconds > nowSeconds) ? 'waits' : 'made';
      if (outcome === 'waits') return undefined;
      for (const key of standing.slice(-1)) openSigningKey(key, this.parts.sealer);
      return [...standing, await this.make(nowSeconds + this.parts.issuer.signing.publishAheadSeconds)];
    });
    const key = keys.at(-1);
    if (key === undefined) throw new Error('there is no signing key after a rotation');
    return { outcome, key };
  }

  /**
   * Seals with the secret of now what `former` sealed; resolves to how many keys that were. Instances that run go on
   * with the keys that they opened before. Rejects with `SealBrokenError`, and changes nothing, where neither opens one.
   */
  async reseal(former: Sealer): Promise<number> {
    const { sealer } = this.parts;
    let resealed = 0;
    await this.change([], async (standing) => {
      const keys = standing.map((key) => {
        if (!isSealedWith(key, sealer)) return resealSigningKey(key, former, sealer);
        // An older version did not stretch secrets that are not random.
        return sealer.isCurrent(key.sealed) ? key : resealSigningKey(key, sealer, sealer);
      });
      resealed = keys.filter((key, index) => key !== standing[index]).length;
      return resealed === 0 ? undefined : keys;
    });
    return resealed;
  }

  /** `next` is given the keys in order and resolves to others, or to `undefined` to leave them; it may be asked again. */
  private async change(
    known: readonly SealedSigningKey[],
    next: (keys: readonly SealedSigningKey[]) => Promise<readonly SealedSigningKey[] | undefined>,
  ): Promise<readonly SealedSigningKey[]> {
    const { store, issuer } = this.parts;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const { revision, keys } = await store.read(issuer.name);
      const ordered = await this.bringInOrder(keys, known);
      const changed = (await next(ordered ?? keys)) ?? ordered;
      if (changed === undefined) return inOrder(keys);
      const replacing = inOrder(changed);
      if (await store.replace(issuer.name, revision, replacing)) return replacing;
    }
    throw new Error(`the signing keys of ${issuer.name} are being changed without end`);
  }

  /** `undefined` where they are in order. */
  private async bringInOrder(
    standing: readonly SealedSigningKey[],
    known: readonly SealedSigningKey[],
  ): Promise<readonly SealedSigningKey[] | undefined> {
    const lost = known.filter(({ kid }) => standing.every((key) => key.kid !== kid));
    const all = inOrder([...standing, ...lost]);
    const revoked = await this.revokedAmong(all);
    const nowSeconds = this.nowSeconds();
    const gone = livesUnder(this.parts, all).filter(({ state, untilSeconds = Infinity }) => {
      return state === 'retired' && nowSeconds >= untilSeconds;
    });
    const kept = all.filter((key) => !revoked.has(key) && gone.every((life) => life.key !== key));
    const signer = signingAt(all, nowSeconds);
    if (signer === undefined || revoked.has(signer)) return this.replaceSigner(kept, nowSeconds);
    return kept.length === standing.length && kept.every((key) => standing.includes(key)) ? undefined : kept;
  }

  /** One that waits has been published for a while: better than one that nobody has seen. */
  private async replaceSigner(
    kept: readonly SealedSigningKey[],
    nowSeconds: number,
  ): Promise<readonly SealedSigningKey[]> {
    const waiting = kept.find(({ signsFromSeconds }) => signsFromSeconds > nowSeconds);
    if (waiting === undefined) return [...kept, await this.make(nowSeconds)];
    return kept.map((key) => (key === waiting ? { ...key, signsFromSeconds: nowSeconds } : key));
  }

  private make(signsFromSeconds: number): Promise<SealedSigningKey> {
    const { issuer, sealer } = this.parts;
    const { algorithm } = issuer.signing;
    const times = { createdAtSeconds: this.nowSeconds(), signsFromSeconds };
    return makeSigningKey(
      { issuer: issuer.name, algorithm, ...times, longestTokenSeconds: longestTokenSeconds(issuer) },
      sealer,
    );
  }

  private async revokedAmong(keys: readonly SealedSigningKey[]): Promise<ReadonlySet<SealedSigningKey>> {
    if (keys.length === 0) return new Set();
    const { issuer, revocations, clock } = this.parts;
    const entries = keys.map(({ kid }) => revokedSigningKeyKey(issuer.name, kid));
    const values = await revocations.read(entries);
    return new Set(
      keys.filter((_, index) => {
        const value = values[index];
        return value !== undefined && readReach(entries[index] ?? '', value).fromSeconds * 1000 <= clock.wallMs();
      }),
    );
  }

  private nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }
}

/** Where these keys are in their lives, in the order in which they sign. */
export function livesUnder(
  { issuer, clock, clockSkewMs }: Pick<KeyRingParts, 'issuer' | 'clock' | 'clockSkewMs'>,
  keys: readonly SealedSigningKey[],
): readonly LivingKey[] {
  const limits = { longestTokenSeconds: longestTokenSeconds(issuer), clockSkewMs };
  return livesOf(keys, Math.floor(clock.wallMs() / 1000), limits);
}

function isSealedWith(key: SealedSigningKey, sealer: Sealer): boolean {
  try {
    openSigningKey(key, sealer);
    return true;
  } catch (error) {
    if (error instanceof SealBrokenError) return false;
    throw error;
  }
}
