/** A sealed signing key: the store never holds the key itself. */
export interface SealedSigningKey {
  readonly kid: string;
  /** The configured issuer's name. */
  readonly issuer: string;
  readonly algorithm: string;
  readonly sealed: string;
  readonly createdAtSeconds: number;
  /** From when it signs, in place of the key before it, in Unix seconds. */
  readonly signsFromSeconds: number;
  /** The longest lifetime that a token could have when the key was made, in seconds. */
  readonly longestTokenSeconds: number;
}

/** All signing keys of an issuer. They are replaced together or not at all. */
export interface SigningKeyRing {
  /** Rises with every change; 0 before the first one. */
  readonly revision: number;
  /** Oldest first. */
  readonly keys: readonly SealedSigningKey[];
}

/** Keeps the sealed signing keys of each issuer. */
export interface SigningKeyStore {
  read(issuer: string): Promise<SigningKeyRing>;
  /**
   * Compare-and-set: replaces the keys that were read with this revision. `false`, and nothing is written, if they have
   * changed since.
   */
  replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean>;
}
