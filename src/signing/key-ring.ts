import type { OwnIssuer } from '../config/issuer-config.ts';
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

/** Another instance's change may come first now and then, but not this many times in a row. */
const MAX_TRIES = 20;

export interface KeyRingParts {
  readonly issuer: OwnIssuer;
  readonly store: SigningKeyStore;
  readonly revocations: RevocationReader;
  readonly sealer: Sealer;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

/** A key and its state. */
export type LivingKey = KeyLife & { readonly key: SealedSigningKey };

/** The result of {@link KeyRing.rotate}. */
export interface Rotation {
  /** `waits`: a key was already waiting, so none was added. Of two concurrent rotations, one adds a key. */
  readonly outcome: 'made' | 'waits';
  /** The key that signs next. */
  readonly key: SealedSigningKey;
}

/**
 * The signing keys in the store, for all instances and the command line. Every change is one compare-and-set over all
 * keys, so the set is complete at any time, also after a crash. The times in the set alone determine which key signs,
 * so instances switch keys without communication.
 */
export class KeyRing {
  private readonly parts: KeyRingParts;

  constructor(parts: KeyRingParts) {
    this.parts = parts;
  }

  /**
   * Corrects the set of keys and resolves to it: makes the first key, removes keys that are revoked or whose time is
   * over, and replaces a revoked signing key at once.
   *
   * @param known the keys that the caller has read before. Those that the store has lost are restored, because a key is
   *   removed only after its time or by its revocation.
   */
  reconcile(known: readonly SealedSigningKey[] = []): Promise<readonly SealedSigningKey[]> {
    return this.change(known, async () => undefined);
  }

  /**
   * Adds a key of the configured algorithm unless a key is already waiting. It is published at once, and signs once
   * every reader can have seen it. Rejects with `SealBrokenError`, and changes nothing, if the secret does not open the
   * existing keys: instances could read no key at all if one of them did not open.
   */
  async rotate(): Promise<Rotation> {
    let outcome: Rotation['outcome'] = 'made';
    const keys = await this.change([], async (existing) => {
      const nowSeconds = this.nowSeconds();
      outcome = existing.some(({ signsFromSeconds }) => signsFromSeconds > nowSeconds) ? 'waits' : 'made';
      if (outcome === 'waits') return undefined;
      for (const key of existing.slice(-1)) openSigningKey(key, this.parts.sealer);
      return [...existing, await this.make(nowSeconds + this.parts.issuer.signing.publishAheadSeconds)];
    });
    const key = keys.at(-1);
    if (key === undefined) throw new Error('there is no signing key after a rotation');
    return { outcome, key };
  }

  /**
   * Seals with the current secret the keys that `former` sealed; resolves to their number. Running instances keep using
   * the keys that they have opened. Rejects with `SealBrokenError`, and changes nothing, if neither secret opens a key.
   */
  async reseal(former: Sealer): Promise<number> {
    const { sealer } = this.parts;
    let resealed = 0;
    await this.change([], async (existing) => {
      const keys = existing.map((key) => {
        if (!isSealedWith(key, sealer)) return resealSigningKey(key, former, sealer);
        // Former versions did not stretch secrets that are not random.
        return sealer.isCurrent(key.sealed) ? key : resealSigningKey(key, sealer, sealer);
      });
      resealed = keys.filter((key, index) => key !== existing[index]).length;
      return resealed === 0 ? undefined : keys;
    });
    return resealed;
  }

  /**
   * Corrects the keys and writes the result of `next`.
   *
   * @param next receives the corrected keys, and resolves to new ones or, for no change, to `undefined`. Called again
   *   if another change comes first.
   */
  private async change(
    known: readonly SealedSigningKey[],
    next: (keys: readonly SealedSigningKey[]) => Promise<readonly SealedSigningKey[] | undefined>,
  ): Promise<readonly SealedSigningKey[]> {
    const { store, issuer } = this.parts;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const { revision, keys } = await store.read(issuer.name);
      const corrected = await this.correct(keys, known);
      const changed = (await next(corrected ?? keys)) ?? corrected;
      if (changed === undefined) return inOrder(keys);
      const replacing = inOrder(changed);
      if (await store.replace(issuer.name, revision, replacing)) return replacing;
    }
    throw new Error(`the signing keys of ${issuer.name} change too often; try again`);
  }

  /** Resolves to the corrected keys, or to `undefined` if the existing ones are correct. */
  private async correct(
    existing: readonly SealedSigningKey[],
    known: readonly SealedSigningKey[],
  ): Promise<readonly SealedSigningKey[] | undefined> {
    const lost = known.filter(({ kid }) => existing.every((key) => key.kid !== kid));
    const all = inOrder([...existing, ...lost]);
    const revoked = await this.revokedAmong(all);
    const nowSeconds = this.nowSeconds();
    const gone = livesUnder(this.parts, all).filter(({ state, untilSeconds = Infinity }) => {
      return state === 'retired' && nowSeconds >= untilSeconds;
    });
    const kept = all.filter((key) => !revoked.has(key) && gone.every((life) => life.key !== key));
    const signer = signingAt(all, nowSeconds);
    if (signer === undefined || revoked.has(signer)) return this.replaceSigner(kept, nowSeconds);
    return kept.length === existing.length && kept.every((key) => existing.includes(key)) ? undefined : kept;
  }

  /** Prefers a waiting key to a new one, because readers may have seen it already. */
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

/** Returns the state of each key under the configuration of the issuer, in the order in which they sign. */
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
