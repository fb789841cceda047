import type { KeyObject } from 'node:crypto';

/** A token, the algorithm of its header, and the numbers of the keys to try. */
export type Question = readonly [jws: string, algorithm: string, keys: readonly number[]];

/** What the main thread sends to the signature thread. */
export interface Batch {
  /** No two batches of one thread have the same. */
  readonly id: number;
  /** Whether the keys of earlier batches are to be forgotten first. */
  readonly forget: boolean;
  /** The keys that are new to the thread, with their numbers. */
  readonly keys: readonly (readonly [number: number, key: KeyObject])[];
  readonly questions: readonly Question[];
}

/** `ready`: the thread has started. */
export type FromThread = 'ready' | Answers;

/** The answers to the questions of one batch, in their order. */
export interface Answers {
  readonly id: number;
  /** The place of the first key that verifies the token, among those to try; {@link NONE} if none does. */
  readonly signers: readonly number[];
}

/** No key verifies the token. */
export const NONE = -1;
