import type { Policy } from '../../src/core/authorize.ts';
import { checkText } from '../../src/core/check-text.ts';
import type { VerificationResult, VerifiedCredential } from '../../src/core/credential/verified-credential.ts';
import type { StandingReader } from '../../src/core/ports.ts';
import type { AccessRequest, Moment } from '../../src/core/request.ts';
import type { Route } from '../../src/core/route.ts';
import { RouteMap } from '../../src/core/route.ts';
import type { Freshness, Standing } from '../../src/core/standing.ts';
import { unread } from '../../src/core/standing.ts';
import { nothingMade } from '../../src/core/upstream/upstream-token.ts';

/** 2027-01-15T08:00:00Z, the wall clock of the specs. */
export const NOW_MS = 1_800_000_000_000;
export const NOW_SECONDS = NOW_MS / 1000;

/** The monotonic clock of the specs. */
export const MONOTONIC_MS = 50_000;

/** The epoch of the feed in the specs. */
export const EPOCH = 7;

/** Returns a route at `/x` that any valid credential may use. */
export function makeRoute(route: Partial<Route> = {}): Route {
  return {
    pattern: '/x',
    hosts: [],
    methods: [],
    requirement: { kind: 'authenticated' },
    issuers: undefined,
    basic: false,
    sufficient: undefined,
    shadow: false,
    ...route,
  };
}

/** Returns a policy of generation 1 under which Basic never ends. */
export function makePolicy(routes: readonly Route[], policy: Partial<Policy> = {}): Policy {
  const basicUntilMs = Number.POSITIVE_INFINITY;
  return { generation: 1, routes: new RouteMap(routes), basicUntilMs, shadow: false, ...policy };
}

/** Returns `GET /x` without a credential, not from a browser. */
export function makeRequest(request: Partial<AccessRequest> = {}): AccessRequest {
  const anonymous = { authorization: undefined, fromBrowser: false };
  return { door: 'ext-authz', method: 'GET', host: 'api.example.com', path: '/x', ...anonymous, ...request };
}

/** Returns a standing that was never read. */
export function makeStanding(standing: Partial<Standing> = {}): Standing {
  const askedAtMs = standing.askedAtMs ?? Number.NEGATIVE_INFINITY;
  return {
    ...unread('sallyport:revoked:partner:t-1'),
    askedAtMs,
    askedAtWallMs: wallOf(askedAtMs),
    ...standing,
  };
}

/** Returns a standing that is fresh by {@link makeFreshness}. */
export function makeFreshStanding(standing: Partial<Standing> = {}): Standing {
  return makeStanding({ epoch: EPOCH, ...standing });
}

/** Returns a standing whose entry revokes every token. */
export function makeRevokedStanding(standing: Partial<Standing> = {}): Standing {
  const everything = { issuedUpToSeconds: Number.POSITIVE_INFINITY, fromSeconds: Number.NEGATIVE_INFINITY };
  return makeStanding({ marked: true, ...everything, ...standing });
}

/** Returns the freshness of a feed that has received every change up to now. */
export function makeFreshness(freshness: Partial<Freshness> = {}): Freshness {
  const heardUpToMs = freshness.heardUpToMs ?? MONOTONIC_MS;
  const heard = { heardUpToMs, heardUpToWallMs: wallOf(heardUpToMs) };
  return { epoch: EPOCH, ...heard, maxStalenessMs: 1000, keepMs: 0, keepsAnswers: false, ...freshness };
}

/** Returns a revocation set of which every decision knows enough. To read it fails. */
export function makeStandings(freshness: Partial<Freshness> = {}): StandingReader {
  const read = (): Promise<never> => Promise.reject(new Error('the revocation set is not read'));
  return {
    freshness: makeFreshness(freshness),
    outageFreshness: undefined,
    refresh: read,
    refreshAtOnce: () => false,
    refreshAll: read,
  };
}

/** Returns the time of the specs' wall clock at a time of the monotonic one. */
function wallOf(monotonicMs: number): number {
  return NOW_MS + monotonicMs - MONOTONIC_MS;
}

/** Returns a Bearer token of `partner` with the scope `messages:send`, valid for another minute and not revoked. */
export function makeCredential({ identity, ...rest }: CredentialParts = {}): VerifiedCredential {
  const scopes = identity?.scopes ?? ['messages:send'];
  const whose = { issuer: 'partner', subject: 'sub-1', tokenId: 't-1', scheme: 'bearer' as const };
  return {
    outcome: 'verified',
    identity: { ...whose, ...identity, scopes },
    granted: new Set(scopes),
    use: undefined,
    validUntilMs: NOW_MS + 60_000,
    issuedAtSeconds: NOW_SECONDS - 60,
    generation: 1,
    key: { inForce: true },
    standings: [makeFreshStanding()],
    upstream: nothingMade(),
    lastUse: undefined,
    ...rest,
  };
}

type CredentialParts = Partial<Omit<VerifiedCredential, 'identity'>> & {
  readonly identity?: Partial<VerifiedCredential['identity']>;
};

/** Returns the moment of the first decision on a request, which may still ask the store. */
export function makeMoment(moment: Partial<Moment> = {}): Moment {
  return { wallMs: NOW_MS, monotonicMs: MONOTONIC_MS, beganMs: MONOTONIC_MS, mayAsk: true, ...moment };
}

/** Replaces the check of a refusal by its text in the log. */
export function withCheckText(result: VerificationResult | undefined): unknown {
  if (result?.outcome !== 'refused') return result;
  const { finding: _, ...rest } = result;
  return { ...rest, check: checkText(result.check) };
}
