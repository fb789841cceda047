import type { Freshness } from '../core/standing.ts';
import type { OtherMetrics } from './metrics/metrics.ts';

/** The state of an issuer's published keys. */
export interface KeySetState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Seconds since its keys were last known to be published; `undefined` if none are in force. */
  readonly ageSeconds: number | undefined;
  /** The age in seconds at which keys are no longer valid. */
  readonly maxAgeSeconds: number;
  /** Failed refreshes since the last successful one. */
  readonly failures: number;
  /** Whether its set is refused because the issuer publishes private keys. */
  readonly exposesKeys?: boolean;
}

/** The state of an issuer's introspection endpoint. */
export interface IntrospectionState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Failed requests about tokens that it has vouched for before, since the last successful one. */
  readonly failures: number;
  /** What is wrong regardless of the token, if anything is known. */
  readonly trouble?: 'unreachable' | 'credentials refused' | undefined;
  /** The requests since the start, by outcome. */
  readonly requests: Readonly<Record<string, number>>;
}

/** The state of a policy decision point. */
export interface DecisionPointState {
  /** Its configured name. */
  readonly name: string;
  /** Failed requests in a row for which it was not reached in time. */
  readonly failures: number;
  /** Whether it refuses our credentials. */
  readonly refusesCredentials: boolean;
  /** The questions since the start, by outcome. */
  readonly rulings: Readonly<Record<string, number>>;
}

/** The state of the feed, and whether the revocation set can be read. */
interface StandingStatus {
  readonly feed: 'starting' | 'live' | 'lost';
  readonly outage: boolean;
}

/** The state of the revocation set itself. */
export interface SetStatus {
  /** When the set was found to be lost, in Unix seconds; `undefined` if it is not lost. */
  readonly lostSinceSeconds: number | undefined;
  /** Entries that the store had lost and that were written again, since the start. */
  readonly rewritten: number;
  /** Entries that vanished before their expiry while the set remained, since the start. */
  readonly vanished: number;
}

/** The state of our own signing keys. */
export interface SigningKeyState {
  /** The key that signs. */
  readonly kid: string;
  /** Since when it signs, in Unix seconds. */
  readonly sinceSeconds: number;
  /** Whether the last attempt to read the keys failed. Nothing is signed then. */
  readonly failing: boolean;
}

/** How many tokens in use end within a time. */
interface EndingCount {
  readonly use: string;
  /** The time, such as `7d`. */
  readonly within: string;
  readonly tokens: number;
}

/** A process that decides for this instance, as the primary process sees it. */
export interface WorkerState {
  /** Its number, from 1. A replacement has the number of the one that it replaces. */
  readonly worker: number;
  /** `silent`: it has not reported for a while. `ended`: it waits to be replaced. */
  readonly status: 'starting' | 'ready' | 'silent' | 'ended';
  /** The process; `undefined` if it has ended. */
  readonly pid: number | undefined;
  /** How often it has been replaced since the start. */
  readonly replaced: number;
  /** Decisions since the start, of the processes that it replaced too. */
  readonly decisions: number;
  /** Its parts that do not work, each in words. */
  readonly troubles: readonly string[];
}

/** The parts whose state is shown. They are read on demand. A reload may replace each of them. */
export interface Sources {
  tokenCache: { readonly size: number; readonly hits: number; readonly misses: number } | undefined;
  standings: { readonly size: number; readonly freshness: Freshness; readonly status: StandingStatus } | undefined;
  revocationSet: { readonly status: SetStatus } | undefined;
  watches: { readonly size: number } | undefined;
  keySets: { statuses(): Iterable<KeySetState> } | undefined;
  ownKeys: { readonly state: SigningKeyState | undefined } | undefined;
  introspection: { statuses(): Iterable<IntrospectionState> } | undefined;
  decisionPoints: { statuses(): Iterable<DecisionPointState> } | undefined;
  endingTokens: { readonly counts: readonly EndingCount[] } | undefined;
  workers: { statuses(): Iterable<WorkerState>; readonly metrics: OtherMetrics } | undefined;
}
