import type { Clock } from '../core/ports.ts';
import type { ConfigStatus } from './config-status.ts';
import type { Failures } from './failures.ts';
import type { Forwarding } from './forwarding.ts';
import type { Logs } from './log/logs.ts';
import type { IntrospectionState, KeySetState, SetStatus, SigningKeyState, Sources } from './sources.ts';

/** A store that failed so lately is told of as failing. */
const FAILING_SECONDS = 10;

export interface ComponentsParts {
  readonly sources: Sources;
  readonly failures: Failures;
  readonly forwarding: Forwarding;
  readonly configStatus: ConfigStatus;
  readonly logs: Pick<Logs, 'lost' | 'isFailing'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** How the parts are, for people and alerts: the detail beside readiness, on which readiness does not depend. */
export interface Components {
  readonly store: { readonly status: 'ok' | 'failing'; readonly errors: number };
  /**
   * `outage`: the last question about a revocation went unanswered, and `onOutage` decides. `lost`: the set itself went,
   * and nothing passes until `sallyport store accept-loss`.
   */
  readonly revocations?: { readonly status: 'ok' | 'outage' | 'lost'; readonly lostSince?: string };
  /** `lost`: it has broken off, and is being made again. `stale`: it has not proved itself in time. */
  readonly feed?: { readonly status: 'ok' | 'stale' | 'lost'; readonly ageSeconds?: number };
  readonly keySets?: readonly {
    readonly issuer: string;
    /** `failing`: it cannot be refreshed, and the last good keys still count. `missing`: none do. */
    readonly status: 'ok' | 'failing' | 'missing';
    readonly ageSeconds?: number;
    /** Attempts to refresh it that failed in a row. */
    readonly failures: number;
    /** It holds private keys, and is refused for that. */
    readonly problem?: 'private keys';
  }[];
  readonly introspection?: readonly {
    readonly issuer: string;
    /** `misconfigured`: the server does not take our credentials. */
    readonly status: 'ok' | 'failing' | 'misconfigured';
    /** Questions that failed in a row. */
    readonly failures: number;
  }[];
  /** `failing`: they cannot be read, and nothing is signed. `kid`: of the one that signs, since then. */
  readonly signingKeys?: { readonly status: 'ok' | 'failing'; readonly kid: string; readonly since: string };
  readonly config: { readonly status: 'ok' | 'refused'; readonly takenAt: string };
  /** Doors where `X-Forwarded-For` came from a peer that `trustedProxies` does not list: how often, and from whom last. */
  readonly ignoredForwardedFor?: readonly { readonly door: string; readonly requests: number; readonly peer: string }[];
  /** `failing`: the standard output takes no line. `lost`: lines that it did not take since the start. */
  readonly log: { readonly status: 'ok' | 'failing'; readonly lost: number };
}

export function describeComponents(parts: ComponentsParts): Components {
  const { sources, failures, forwarding, configStatus, logs, clock } = parts;
  const { standings, revocationSet, keySets, ownKeys, introspection } = sources;
  const signing = ownKeys?.state;
  const isFailing = failures.storeFailedSecondsAgo() < FAILING_SECONDS;
  const { isCurrent, takenAtMs } = configStatus;
  return {
    store: { status: isFailing ? 'failing' : 'ok', errors: failures.store },
    ...(standings === undefined ? {} : describeStandings(standings, revocationSet?.status, clock.monotonicMs())),
    ...(keySets === undefined ? {} : { keySets: Array.from(keySets.statuses(), describeKeySet) }),
    ...(signing === undefined ? {} : { signingKeys: describeSigning(signing) }),
    ...(introspection === undefined ? {} : { introspection: Array.from(introspection.statuses(), describeServer) }),
    config: { status: isCurrent ? 'ok' : 'refused', takenAt: new Date(takenAtMs).toISOString() },
    ...describeForwarding(forwarding),
    log: { status: logs.isFailing ? 'failing' : 'ok', lost: logs.lost },
  };
}

function describeForwarding({ ignored }: Forwarding): Pick<Components, 'ignoredForwardedFor'> {
  if (ignored.size === 0) return {};
  return { ignoredForwardedFor: Array.from(ignored, ([door, { count, peer }]) => ({ door, requests: count, peer })) };
}

function describeSigning({ kid, sinceSeconds, failing }: SigningKeyState): Required<Components>['signingKeys'] {
  return { status: failing ? 'failing' : 'ok', kid, since: new Date(sinceSeconds * 1_000).toISOString() };
}

type Standings = NonNullable<Sources['standings']>;

/** Seconds since the feed last proved itself: `Infinity` before the first time, `undefined` where the set is our own memory. */
export function feedAgeSeconds({ heardUpToMs }: Standings['freshness'], nowMs: number): number | undefined {
  return heardUpToMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, nowMs - heardUpToMs) / 1_000;
}

function describeStandings(
  { freshness, status }: Standings,
  set: SetStatus | undefined,
  nowMs: number,
): Required<Pick<Components, 'revocations' | 'feed'>> {
  return { revocations: describeSet(status.outage, set), feed: describeFeed(status.feed, freshness, nowMs) };
}

function describeSet(outage: boolean, set: SetStatus | undefined): NonNullable<Components['revocations']> {
  if (set?.lostSinceSeconds === undefined) return { status: outage ? 'outage' : 'ok' };
  return { status: 'lost', lostSince: new Date(set.lostSinceSeconds * 1_000).toISOString() };
}

function describeFeed(
  state: Standings['status']['feed'],
  freshness: Standings['freshness'],
  nowMs: number,
): NonNullable<Components['feed']> {
  const ageSeconds = feedAgeSeconds(freshness, nowMs);
  if (ageSeconds === undefined) return { status: 'ok' };
  const isFresh = ageSeconds * 1_000 <= freshness.maxStalenessMs;
  const status = state === 'lost' ? 'lost' : isFresh ? 'ok' : 'stale';
  return Number.isFinite(ageSeconds) ? { status, ageSeconds } : { status };
}

type KeySets = NonNullable<Components['keySets']>;

function describeKeySet({ issuer, ageSeconds, failures, exposesKeys }: KeySetState): KeySets[number] {
  const problem = exposesKeys === true ? ({ problem: 'private keys' } as const) : {};
  if (ageSeconds === undefined) return { issuer, status: 'missing', failures, ...problem };
  return { issuer, status: failures === 0 ? 'ok' : 'failing', ageSeconds, failures, ...problem };
}

type Servers = NonNullable<Components['introspection']>;

function describeServer({ issuer, failures, trouble }: IntrospectionState): Servers[number] {
  if (trouble === 'credentials refused') return { issuer, status: 'misconfigured', failures };
  return { issuer, status: failures === 0 && trouble === undefined ? 'ok' : 'failing', failures };
}
