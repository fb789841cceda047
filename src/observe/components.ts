import type { Clock } from '../core/ports.ts';
import type { ConfigStatus } from './config-status.ts';
import type { Failures } from './failures.ts';
import type { Forwarding } from './forwarding.ts';
import type { Logs } from './log/logs.ts';
import type {
  DecisionPointState,
  IntrospectionState,
  KeySetState,
  SetStatus,
  SigningKeyState,
  Sources,
  WorkerState,
} from './sources.ts';

/** How long the store is shown as failing after a failure. */
const FAILING_SECONDS = 10;

export interface ComponentsParts {
  readonly sources: Sources;
  readonly failures: Failures;
  readonly forwarding: Forwarding;
  readonly configStatus: ConfigStatus;
  readonly logs: Pick<Logs, 'lost' | 'isFailing'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** The state of the parts, for operators and alerts. Readiness does not depend on it. */
export interface Components {
  readonly store: { readonly status: 'ok' | 'failing'; readonly errors: number };
  /**
   * `outage`: the store did not answer the last query for a revocation, and `onOutage` decides. `lost`: the set was
   * lost, and no request with a credential passes until `sallyport store accept-loss`.
   */
  readonly revocations?: { readonly status: 'ok' | 'outage' | 'lost'; readonly lostSince?: string };
  /** `lost`: it is disconnected and reconnecting. `stale`: it has not proved in time that it works. */
  readonly feed?: { readonly status: 'ok' | 'stale' | 'lost'; readonly ageSeconds?: number };
  readonly keySets?: readonly {
    readonly issuer: string;
    /** `failing`: it cannot be refreshed, and the last good keys are still in force. `missing`: no keys are in force. */
    readonly status: 'ok' | 'failing' | 'missing';
    readonly ageSeconds?: number;
    /** Failed refreshes in a row. */
    readonly failures: number;
    /** The set is refused because it contains private keys. */
    readonly problem?: 'private keys';
  }[];
  readonly introspection?: readonly {
    readonly issuer: string;
    /** `misconfigured`: the server refuses our credentials. */
    readonly status: 'ok' | 'failing' | 'misconfigured';
    /** Failed requests in a row. */
    readonly failures: number;
  }[];
  readonly decisionPoints?: readonly {
    readonly name: string;
    /** `misconfigured`: it refuses our credentials. */
    readonly status: 'ok' | 'failing' | 'misconfigured';
    /** Failed requests in a row. */
    readonly failures: number;
  }[];
  /** `failing`: they cannot be read, and nothing is signed. `kid` is the key that signs, since the time `since`. */
  readonly signingKeys?: { readonly status: 'ok' | 'failing'; readonly kid: string; readonly since: string };
  readonly config: {
    readonly status: 'ok' | 'refused';
    readonly takenAt: string;
    /** Settings of the file that only a restart takes up; absent if there are none. */
    readonly needRestart?: readonly string[];
  };
  /** How often each door ignored `X-Forwarded-*` from a peer that `trustedProxies` does not list, and the last peer. */
  readonly ignoredForwardedFor?: readonly { readonly door: string; readonly requests: number; readonly peer: string }[];
  /** The processes that decide, if there are several. `troubles` names the parts of one that do not work. */
  readonly workers?: readonly {
    readonly worker: number;
    readonly status: WorkerState['status'];
    readonly pid?: number;
    readonly replaced: number;
    readonly decisions: number;
    readonly troubles?: readonly string[];
  }[];
  /** `failing`: lines cannot be written to the standard output. `lost`: how many were lost since the start. */
  readonly log: { readonly status: 'ok' | 'failing'; readonly lost: number };
}

/** Returns the current state of the parts. */
export function describeComponents(parts: ComponentsParts): Components {
  const { sources, failures, forwarding, configStatus, logs, clock } = parts;
  const { standings, revocationSet, keySets, ownKeys, introspection, decisionPoints } = sources;
  const signing = ownKeys?.state;
  const isFailing = failures.storeFailedSecondsAgo() < FAILING_SECONDS;
  return {
    store: { status: isFailing ? 'failing' : 'ok', errors: failures.store },
    ...(standings === undefined ? {} : describeStandings(standings, revocationSet?.status, clock.monotonicMs())),
    ...(keySets === undefined ? {} : { keySets: Array.from(keySets.statuses(), describeKeySet) }),
    ...(signing === undefined ? {} : { signingKeys: describeSigning(signing) }),
    ...(introspection === undefined ? {} : { introspection: Array.from(introspection.statuses(), describeServer) }),
    ...describePoints(decisionPoints?.statuses()),
    config: describeConfig(configStatus),
    ...describeForwarding(forwarding),
    ...(sources.workers === undefined ? {} : { workers: Array.from(sources.workers.statuses(), describeWorker) }),
    log: { status: logs.isFailing ? 'failing' : 'ok', lost: logs.lost },
  };
}

function describeConfig({ isCurrent, inForceSinceMs, needRestart }: ConfigStatus): Components['config'] {
  const restart = needRestart.length === 0 ? {} : { needRestart };
  return { status: isCurrent ? 'ok' : 'refused', takenAt: new Date(inForceSinceMs).toISOString(), ...restart };
}

function describeForwarding({ ignored }: Forwarding): Pick<Components, 'ignoredForwardedFor'> {
  if (ignored.size === 0) return {};
  return { ignoredForwardedFor: Array.from(ignored, ([door, { count, peer }]) => ({ door, requests: count, peer })) };
}

function describeSigning({ kid, sinceSeconds, failing }: SigningKeyState): Required<Components>['signingKeys'] {
  return { status: failing ? 'failing' : 'ok', kid, since: new Date(sinceSeconds * 1_000).toISOString() };
}

type Standings = NonNullable<Sources['standings']>;

/**
 * Returns the seconds since the feed last proved that it works: `Infinity` before the first time, `undefined` for a set
 * in the memory of this process.
 */
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
  return Number.isFinite(ageSeconds) ? { status, ageSeconds: toMilliseconds(ageSeconds) } : { status };
}

/** Seconds with three decimals, for a person to read. */
function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}

type KeySets = NonNullable<Components['keySets']>;

function describeKeySet({ issuer, ageSeconds, failures, exposesKeys }: KeySetState): KeySets[number] {
  const problem = exposesKeys === true ? ({ problem: 'private keys' } as const) : {};
  if (ageSeconds === undefined) return { issuer, status: 'missing', failures, ...problem };
  const status = failures === 0 ? 'ok' : 'failing';
  return { issuer, status, ageSeconds: toMilliseconds(ageSeconds), failures, ...problem };
}

/** Most configurations have none. */
function describePoints(states: Iterable<DecisionPointState> = []): Pick<Components, 'decisionPoints'> {
  const decisionPoints = Array.from(states, ({ name, failures, refusesCredentials }) => {
    const status = refusesCredentials ? 'misconfigured' : failures === 0 ? 'ok' : 'failing';
    return { name, status, failures } as const;
  });
  return decisionPoints.length === 0 ? {} : { decisionPoints };
}

type Workers = NonNullable<Components['workers']>;

function describeWorker({ worker, status, pid, replaced, decisions, troubles }: WorkerState): Workers[number] {
  return {
    worker,
    status,
    ...(pid === undefined ? {} : { pid }),
    replaced,
    decisions,
    ...(troubles.length === 0 ? {} : { troubles }),
  };
}

type Servers = NonNullable<Components['introspection']>;

function describeServer({ issuer, failures, trouble }: IntrospectionState): Servers[number] {
  if (trouble === 'credentials refused') return { issuer, status: 'misconfigured', failures };
  return { issuer, status: failures === 0 && trouble === undefined ? 'ok' : 'failing', failures };
}
