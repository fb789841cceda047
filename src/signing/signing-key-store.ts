/** A signing key, sealed: the store never sees it open. */
export interface SealedSigningKey {
  readonly kid: string;
  /** The configured issuer's name. */
  readonly issuer: string;
  readonly algorithm: string;
  readonly sealed: string;
  readonly createdAtSeconds: number;
  /** When it takes over from the one before it, in Unix seconds. */
  readonly signsFromSeconds: number;
  /** The longest life that a token could be given when the key was made, in seconds. */
  readonly longestTokenSeconds: number;
}

/** The signing keys of an issuer. They change together or not at all. */
export interface SigningKeyRing {
  /** Rises with every change; 0 where nothing was ever written. */
  readonly revision: number;
  /** Oldest first. */
  readonly keys: readonly SealedSigningKey[];
}

export interface SigningKeyStore {
  read(issuer: string): Promise<SigningKeyRing>;
  /**
   * Compare-and-set: puts `keys` in the place of those that were read with this revision; `false`, and nothing
   * written, where they have changed since.
   */
  replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean>;
}
