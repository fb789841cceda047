/** Learns whatever may end a token, for callers that keep answers of their own. Must not throw. */
export interface RevocationWatcher {
  /** These entries may have changed: they were added, altered, taken back or removed. Reported more than once, perhaps. */
  changed(keys: readonly string[]): void;
  /** Changes may have been missed, or the set may be another one: an answer from before no longer counts. */
  lost(): void;
}
