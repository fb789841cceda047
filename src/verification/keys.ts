import type { KeyObject } from 'node:crypto';
import type { KeyInForce } from '../core/credential/verified-credential.ts';
import { fits } from '../lib/jose/key-fit.ts';

/** A key that may have signed a token. */
export interface VerificationKey {
  /** Its id in the revocation set; `undefined` for a shared secret, and for a published key without a `kid`. */
  readonly kid: string | undefined;
  readonly key: KeyObject;
  /** The `iss` that it signs for alone, where the issuer says so, perhaps a template; `undefined` for every `iss`. */
  readonly issuer?: string | undefined;
  readonly inForce: KeyInForce;
}

/** The keys that may have signed a token; `undefined` if they are unavailable. */
export type FoundKeys = readonly VerificationKey[] | undefined;

/** Provides an issuer's keys. */
export interface KeySource {
  /**
   * Returns every key that may have signed a token with this header, at once if it is known: an empty list if the issuer
   * is known to have no such key, `undefined` if the issuer's keys are unavailable. Never rejects.
   */
  find(algorithm: string, kid: string | undefined): FoundKeys | Promise<FoundKeys>;
  /** Returns every key that is in force now, for a message. */
  inForce(): readonly VerificationKey[];
}

/** A fixed set of keys: shared secrets. */
export class FixedKeys implements KeySource {
  private readonly keys: readonly VerificationKey[];

  constructor(keys: readonly VerificationKey[]) {
    this.keys = keys;
  }

  find(algorithm: string, kid: string | undefined): readonly VerificationKey[] {
    const named = (key: VerificationKey): boolean => key.kid === undefined || kid === undefined || key.kid === kid;
    return this.keys.filter((key) => named(key) && fits(key.key, algorithm));
  }

  inForce(): readonly VerificationKey[] {
    return this.keys;
  }
}
