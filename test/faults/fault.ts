import type { SingleRedis, Truth } from './truth.ts';
import type { Darkness } from './verdict.ts';
import type { FaultWorld, Side } from './world.ts';

/** Heals the fault. */
export type Heal = () => unknown;

/** A fault. */
export interface Fault<Set extends Truth = SingleRedis> {
  readonly name: string;
  /** Which requests may be `unavailable` during the fault. */
  readonly darkness: Readonly<Record<Side, Darkness>>;
  /** Resolves once the fault is in effect. */
  readonly strike: (world: FaultWorld<Set>) => Heal | Promise<Heal>;
  /** How long the fault lasts. */
  readonly lastsMs: number;
  /**
   * For how long before the fault no token is revoked. A write by an operator that Redis acknowledged and lost before
   * any instance has read it is lost.
   */
  readonly calmMs?: number;
  /**
   * Whether the fault loses the records of tokens. Later revocations are then written by hand, because A has no records
   * of the tokens that it issued before.
   */
  readonly losesRecords?: true;
  /** Whether it may leave no trace: neither a line in a log nor a request that fails or is slow. */
  readonly mayGoUnnoticed?: true;
  /** Whether writes that are acknowledged during the fault may be lost, as Redis documents. */
  readonly isBestEffort?: true;
}

/** For faults that must have no effect. */
export const NOBODY = { a: 'nothing', b: 'nothing' } as const;
export const B_ALONE = { a: 'nothing', b: 'all' } as const;
export const BOTH = { a: 'all', b: 'all' } as const;
