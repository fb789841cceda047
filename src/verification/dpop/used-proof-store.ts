/** Remembers which DPoP proofs were used, for all instances, so that each is accepted once (RFC 9449, section 11.1). */
export interface UsedProofStore {
  /**
   * Marks a proof as used; resolves to whether it was not marked before. Of several callers at once, on any instance, one
   * gets `true`. The mark stays for this long by the store's clock. It survives a crash of this process, but need not
   * survive a failover of Redis, and copies of a store omit it. Rejects with `StoreError` if it is not known.
   *
   * @param id a hash; the store learns nothing of the proof.
   */
  use(id: string, keepMs: number): Promise<boolean>;
}
