/** What a session reports to. */
export interface SessionListener {
  readonly maxStalenessMs: number;
  changed(keys: readonly string[]): void;
  /** A database was emptied. */
  flushed(): void;
  /** Every change that was acknowledged before this moment, given on both clocks, has been reported. */
  heardUpTo(monotonicMs: number, wallMs: number): void;
}

/** One session of client tracking. */
export interface Tracking {
  /** Runs until it breaks or `end()` is called. Resolves with the cause once every connection is closed. */
  run(): Promise<unknown>;
  end(cause?: Error): void;
}

/** Opens sessions of client tracking. */
export interface TrackingSource {
  open(listener: SessionListener): Tracking;
  /** A session found a replica where the reads may lead, too. */
  suspect(error: unknown): void;
  /** A session broke for another reason: the reads check that they still lead to a primary. */
  recheck(): void;
  /** Calls `act` whenever another server has become the primary. In a cluster, sessions notice that themselves. */
  onMoved(act: () => void): void;
}
