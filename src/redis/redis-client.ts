import type { AccessChange } from './access-check.ts';
import type { StringReads } from './batched-reads.ts';
import type { Answers, Command, KeyCommand, RawCommand, Scripts } from './command.ts';
import type { ServerLabel } from './failure.ts';
import type { Scan } from './scan.ts';
import type { RedisTimeouts } from './timeouts.ts';
import type { TrackingSource } from './tracking.ts';

/** Asks the server that serves the key of a command. Rejects with `StoreError` where there is no valid answer in time. */
export interface RedisReader {
  /** For error messages. */
  readonly place: ServerLabel;
  ask(command: Command): Promise<unknown>;
  /**
   * Sends reads in one write to the server that serves the key of the first one. Only a primary answers. The only failure
   * that an answer may hold is a key of another type.
   */
  askAll(commands: readonly [KeyCommand, ...RawCommand[]]): Promise<Answers>;
}

/** Asks and writes. What `write` acknowledges survives a failover, as far as `minReplicas` says. */
export interface RedisWriter extends RedisReader {
  /** Rejects with `StoreError` where nothing was written, where that is unknown, or where too few replicas have it. */
  write(command: Command): Promise<unknown>;
}

/** What the client layer must know of the data: which keys it uses, and the scripts. */
export interface RedisData {
  /** Client tracking reports every key with one of these prefixes. */
  readonly trackedPrefixes: readonly string[];
  /**
   * The witness: a string that is lost together with the other data. A cluster has one for each part of its slots,
   * whose keys begin with this.
   */
  readonly witness: string;
  /** A string to write where replicas need something to confirm. In a cluster it gets a hash tag. */
  readonly barrier: string;
  /** By the names that commands call them by. */
  readonly scripts: Scripts;
}

/** How to open servers. */
export interface ServersTerms {
  readonly timeouts: RedisTimeouts;
  readonly data: RedisData;
}

/** A Redis of any topology. */
export interface RedisServers extends AccessChange {
  readonly place: ServerLabel;
  /** What a decision may wait for. */
  readonly reader: RedisReader;
  /** Everything else. */
  readonly writer: RedisWriter;
  /** Reads of strings that a decision may wait for. */
  readonly strings: StringReads;
  /** The keys of all witnesses: one for each part of the data that can be lost by itself. */
  readonly witnessKeys: readonly string[];
  /** Whether a script finds all keys on one server, whatever their slots are. */
  readonly isOneServer: boolean;
  readonly scan: Scan;
  readonly tracking: TrackingSource;
  /** What an operator should know; `undefined` where all is well. */
  readonly warning: string | undefined;
  /** Accepts nothing more, waits for pending answers and closes every connection but those of tracking sessions. */
  close(): Promise<void>;
}
