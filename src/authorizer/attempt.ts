import type { LocalResults } from '../core/knowledge/local-results.ts';
import type { Turns } from './turns.ts';

/** One call of an authorizer: what it has learnt, and until when it may learn more. */
export interface Attempt {
  /** Monotonic milliseconds. */
  readonly beganMs: number;
  /** Monotonic milliseconds. */
  readonly endMs: number;
  readonly learnt: LocalResults;
  /** Whether the verification of its credential may begin at once. */
  readonly isAdmitted: boolean;
  /** Spaces the verifications of a batch; `undefined` for a single decision. */
  readonly turns?: Turns;
  isCancelled(): boolean;
}
