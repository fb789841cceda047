import { Authorizer } from '../../authorizer/authorizer.ts';
import type { Config } from '../../config/config.ts';
import type { Clock, Decider } from '../../core/ports.ts';
import { RouteMap } from '../../core/route.ts';
import type { RevocationReader } from '../../revocation-set/checked-revocations.ts';
import { Standings } from '../../revocation-set/standings.ts';
import { ANY_TOKEN } from '../../tokens/introspect-token.ts';
import { BearerVerifier } from '../../verification/bearer/bearer-verifier.ts';
import { Issuers } from '../../verification/bearer/issuers.ts';
import { CredentialVerifier } from '../../verification/credential-verifier.ts';
import { SIGNERS_AT_ONCE } from '../../verification/signatures/signer.ts';
import { TokenCache } from '../../verification/token-cache.ts';
import { createThrowAwayIssuer } from './throw-away-issuer.ts';

/** So many entries and tokens are remembered, and forgotten with the rehearsal. */
const CACHED = 100;

/** Decisions that are like real ones, except that nothing observes them and nothing is left of them. */
export interface Rehearsal {
  /** Accepts its own tokens only. */
  readonly decider: Decider;
  /** `Authorization` values that need everything a decision may need. */
  readonly authorizations: readonly string[];
}

export interface RehearsalParts {
  readonly config: Pick<Config, 'clockSkewMs' | 'limits'>;
  /** JOSE names. */
  readonly algorithms: readonly string[];
  readonly clock: Clock;
  /** The real one: its connections and commands are to be warm. */
  readonly revocations: RevocationReader;
  /** Longest wait for one decision, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Builds an authorizer of the real parts, with an issuer and caches of its own. It verifies and reads the revocation set as
 * for a new token.
 */
export async function createRehearsal({
  config: { clockSkewMs, limits },
  algorithms,
  clock,
  revocations,
  limitMs,
}: RehearsalParts): Promise<Rehearsal> {
  const { issuer, tokens } = await createThrowAwayIssuer(algorithms, clock.wallMs());
  const standings = new Standings({
    store: revocations,
    clock,
    observer: SILENT,
    found: () => {},
    set: { isSound: true },
    known: { reachOf: () => undefined, begun: () => {} },
    maxEntries: CACHED,
    maxEvicted: 1,
    maxStalenessMs: limitMs,
    keepMs: 0,
    storeTimeoutMs: limitMs,
    allowKnownForMs: undefined,
  });
  const known = new TokenCache(CACHED);
  const generation = 0;
  const shared = { cache: known, standings, clockSkewMs, maxTokenLength: limits.token, generation };
  const decider = new Authorizer({
    policy: { generation, routes: new RouteMap([ANY_TOKEN]), basicUntilMs: 0, shadow: false },
    known,
    verifier: new CredentialVerifier({
      // No thread starts, and nothing waits.
      bearer: new BearerVerifier({ ...shared, issuers: new Issuers([issuer]), clock, signers: SIGNERS_AT_ONCE }),
      opaque: undefined,
      basic: undefined,
    }),
    standings,
    clock,
    observer: { decided: (request) => void request.client?.(), failed: () => {} },
    decisionTimeoutMs: limitMs,
    notesUse: false,
  });
  return { decider, authorizations: tokens.map((token) => `Bearer ${token}`) };
}

const SILENT = {
  feedLost: () => {},
  feedBack: () => {},
  outageBegan: () => {},
  outageEnded: () => {},
  setLost: () => {},
  setAccepted: () => {},
  entriesRewritten: () => {},
  entriesVanished: () => {},
};
