import type { Operator } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { Clock } from '../core/ports.ts';
import { timeOf } from '../lib/time-format.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { keySetMaxAgeSeconds } from './key-life.ts';
import type { LivingKey } from './key-ring.ts';
import { KeyRing, livesUnder } from './key-ring.ts';
import { readSealFile } from './seal-file.ts';
import { Sealer } from './sealer.ts';
import type { SealedSigningKey, SigningKeyStore } from './signing-key-store.ts';

export interface KeyManagementParts {
  readonly issuer: OwnIssuer;
  readonly store: SigningKeyStore;
  readonly revocations: RevocationReader;
  /** Opens the sealer of the current secret. Called by acts that open or seal a key, not by `list`. */
  readonly openSealer: () => Promise<Sealer>;
  /** The file beside an embedded store that holds the secret if none is configured; `undefined` for other stores. */
  readonly sealFile: string | undefined;
  readonly audit: Pick<AuditLog, 'signingKeyMade' | 'signingKeysResealed'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

export interface RotateOutcome {
  /**
   * `waits`: a key was already waiting, so none was added. `waits for another algorithm`: likewise, but that key is for
   * another algorithm than the configured one.
   */
  readonly outcome: 'made' | 'waits' | 'waits for another algorithm';
  /** The key that signs next. */
  readonly key: SealedSigningKey;
}

export type ResealOutcome =
  /** `count` keys were sealed again; 0 if all of them were sealed with `signing.sealWith` already. */
  | { readonly outcome: 'resealed'; readonly count: number }
  /** `signing.sealWith` is not set. */
  | { readonly outcome: 'no new secret' }
  /** The file beside the store does not exist; `path` is `undefined` if the store has none. */
  | { readonly outcome: 'no former secret'; readonly path: string | undefined };

/** Lists, rotates and reseals our own signing keys for an operator, whether or not instances run on the store. */
export class KeyManagement {
  private readonly parts: KeyManagementParts;

  constructor(parts: KeyManagementParts) {
    this.parts = parts;
  }

  /** Resolves to each key and its state, in the order in which they sign. */
  async list(): Promise<readonly LivingKey[]> {
    const { keys } = await this.parts.store.read(this.parts.issuer.name);
    return livesUnder(this.parts, keys);
  }

  /** How long readers may cache the key set, in seconds. */
  get keySetMaxAgeSeconds(): number {
    return keySetMaxAgeSeconds(this.parts.issuer.signing);
  }

  /** Adds a key unless one is already waiting. Rejects like {@link KeyRing.rotate}. */
  async rotate(by: Operator): Promise<RotateOutcome> {
    const { issuer, audit } = this.parts;
    const { outcome, key } = await (await this.openRing()).rotate();
    if (outcome === 'waits') {
      const isOther = key.algorithm !== issuer.signing.algorithm;
      return { outcome: isOther ? 'waits for another algorithm' : 'waits', key };
    }
    audit.signingKeyMade(by, { issuer: issuer.name, kid: key.kid, signsFrom: timeOf(key.signsFromSeconds * 1000) });
    return { outcome, key };
  }

  /**
   * Seals with `signing.sealWith` the keys that were sealed with another secret. Rejects with `SealBrokenError`, and
   * changes nothing, if neither secret opens a key.
   *
   * @param former the other secret; by default the one in the file beside an embedded store.
   */
  async reseal(former: Uint8Array | undefined, by: Operator): Promise<ResealOutcome> {
    const { issuer, sealFile: path, audit } = this.parts;
    if (issuer.signing.sealWith === undefined) return { outcome: 'no new secret' };
    const secret = former ?? (path === undefined ? undefined : await readSealFile(path));
    if (secret === undefined) return { outcome: 'no former secret', path };
    const count = await (await this.openRing()).reseal(new Sealer(secret));
    if (count > 0) audit.signingKeysResealed(by, { issuer: issuer.name, count });
    return { outcome: 'resealed', count };
  }

  /** Opens the key ring. Rejects if the secret that opens the keys is missing. */
  async openRing(): Promise<KeyRing> {
    return new KeyRing({ ...this.parts, sealer: await this.parts.openSealer() });
  }
}
