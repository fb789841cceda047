import type { SingleRedis, Truth } from './truth.ts';
import type { Darkness } from './verdict.ts';
import type { FaultWorld, Side } from './world.ts';

/** Ends what was begun. */
export type Heal = () => unknown;

/** Something that breaks. */
export interface Fault<Set extends Truth = SingleRedis> {
  readonly name: string;
  /** What may be `unavailable` meanwhile. */
  readonly darkness: Readonly<Record<Side, Darkness>>;
  /** Resolves once it is broken. */
  readonly strike: (world: FaultWorld<Set>) => Heal | Promise<Heal>;
  /** How long it stays so. */
  readonly lastsMs: number;
  /**
   * No token is revoked for so long before it. What Redis acknowledged by an operator's hand and lost before an instance
   * has read it is lost.
   */
  readonly calmMs?: number;
  /**
   * Whether the records of tokens are lost with it: what is revoked later is revoked by hand, because A knows nothing of
   * the tokens that it issued before.
   */
  readonly losesRecords?: true;
  /** Whether what is acknowledged meanwhile may be lost after all, as Redis itself says. */
  readonly isBestEffort?: true;
}

/** For faults that must not be felt. */
export const NOBODY = { a: 'nothing', b: 'nothing' } as const;
export const B_ALONE = { a: 'nothing', b: 'all' } as const;
export const BOTH = { a: 'all', b: 'all' } as const;
