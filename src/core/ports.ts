import type { PresentedProof, ProofResult } from './binding/proof.ts';
import type { PresentedCredential } from './credential/credential.ts';
import type { VerificationResult, VerifiedCredential } from './credential/verified-credential.ts';
import type { Decision } from './decision.ts';
import type { AccessRequest, ClientAddress, Instant } from './request.ts';
import type { Freshness } from './standing.ts';

/** Verifies a credential from scratch. */
export interface Verifier {
  /**
   * Returns or resolves to a refusal for a credential that is wrong or cannot be judged now (`unavailable`,
   * `too_many_attempts`). Returns at once what needs no input or output and little time. Throws or rejects only on a bug or
   * a broken part, which the caller treats as `unavailable`.
   *
   * @param client the client's address, by which guesses are counted, and floods are kept apart from other clients.
   */
  verify(credential: PresentedCredential, client?: ClientAddress): VerificationResult | Promise<VerificationResult>;
}

/**
 * Begins the verification of a credential, now or in its turn, so that many of them delay nothing else. Returns or resolves to
 * what `begin` does; to what `giveUp` does if it cannot begin in time, or if too many wait.
 *
 * @param client the client's address, by which floods are kept apart from other clients.
 * @param waitMs how long it may wait to begin, in milliseconds.
 */
export type Admit = <Result>(
  presented: {
    readonly credential: PresentedCredential;
    readonly client: ClientAddress | undefined;
    readonly waitMs: number;
  },
  begin: () => Result | Promise<Result>,
  giveUp: () => Result | Promise<Result>,
) => Result | Promise<Result>;

/** Identifies a bearer token, so that it can be revoked. */
export interface TokenExaminer {
  /** Resolves like {@link Verifier.verify}, but ignores revocations. */
  examine(token: string): Promise<VerificationResult>;
}

/** Checks the DPoP proofs of requests. */
export interface ProofChecker {
  /**
   * Checks a proof (RFC 9449, section 4.3), and marks it as used. Called once for a request. Rejects if it is not known
   * whether the proof was used before, which the caller treats as `unavailable`.
   */
  check(presented: PresentedProof): Promise<ProofResult>;
}

/** Reads the revocation set. */
export interface StandingReader {
  /** How far the feed can be trusted now; the object changes in place. */
  readonly freshness: Freshness;
  /**
   * How far existing knowledge may be trusted if `refresh` cannot read the set in time; `undefined`: no further than
   * {@link freshness}.
   */
  readonly outageFreshness: Freshness | undefined;
  /** Brings every standing of the credential up to date. Rejects if the set cannot be read. */
  refresh(credential: VerifiedCredential): Promise<void>;
  /** Does the same without a wait. Returns `false`, and learns nothing, if that cannot be done or fails. */
  refreshAtOnce(credential: VerifiedCredential): boolean;
  /** Does the same for several credentials, with one read. */
  refreshAll(credentials: readonly VerifiedCredential[]): Promise<void>;
}

/** Signs the identity of credentials for upstreams, and keeps it with them. */
export interface UpstreamSigner {
  /** Gives the credential another signed identity. Calls for one credential share one signature. Rejects if nothing can be signed. */
  sign(credential: VerifiedCredential): Promise<void>;
  /** Does the same in the background if the identity of the credential is due for renewal. Never throws. */
  renewIfDue(credential: VerifiedCredential, now: Instant): void;
}

/** Both clocks, injected so that tests own them. */
export interface Clock {
  /** Unix milliseconds. */
  wallMs(): number;
  /** Milliseconds that never go backwards. */
  monotonicMs(): number;
}

/** What the doors call. Returns the decision at once if nothing has to be awaited; never rejects. */
export interface Decider {
  decide(request: AccessRequest, limits?: DecisionLimits): Decision | Promise<Decision>;
}

/** Decides several requests at a time. */
export interface BatchDecider extends Decider {
  /**
   * Resolves to the decisions in the order of the requests; never rejects. A credential that occurs several times is
   * verified once, and all that must be read of the revocation set is read at once.
   */
  decideMany(requests: readonly AccessRequest[], limits?: DecisionLimits): Promise<readonly Decision[]>;
}

/** The limits that a caller sets for its decisions. */
export interface DecisionLimits {
  /** The time for all of them in milliseconds; only what is shorter than `timeouts.decision` counts. */
  readonly timeoutMs: number;
  /** Whether nothing waits for the decisions any more: then no further need is met, and they are not observed. */
  isCancelled(): boolean;
}

/** How long a decision took. */
export interface Timing {
  /** Whether the decision had to wait for a verification or for the revocation set. */
  readonly waited: boolean;
  readonly tookMs: number;
}

/** Observes every decision. Must not throw. */
export interface DecisionObserver {
  /**
   * @param timing for every decision that waited, and for a sample of the others.
   * @param beganMs when the decision began, in monotonic milliseconds.
   */
  decided(request: AccessRequest, decision: Decision, timing?: Timing, beganMs?: number): void;
  /** A part broke while a need was met; the request was denied as `unavailable`. */
  failed(error: unknown, request?: AccessRequest): void;
}

/** The input and output that a decision may wait for. */
export type Io =
  | 'read revocation set'
  | 'check proof'
  | 'fetch key set'
  | 'introspect token'
  | 'read API key'
  | 'ask decision point'
  | 'read account'
  | 'hash password';

/** Follows decisions that have to wait, if they belong to a trace. Rejects only with what it runs. */
export interface DecisionTracer {
  /** Whether the request may belong to a trace, so that what its decision waits for should be followed. */
  follows(request: AccessRequest): boolean;
  /**
   * Runs the rest of a decision.
   *
   * @param beganMs when the decision began, in monotonic milliseconds.
   */
  follow<T>(request: AccessRequest, beganMs: number, rest: () => Promise<T>): Promise<T>;
  /** Runs the rest of a call that asks for all these decisions. */
  followAll<T>(requests: readonly AccessRequest[], beganMs: number, rest: () => Promise<T>): Promise<T>;
  /** Runs what the decision that is being followed waits for. */
  io<T>(io: Io, work: () => Promise<T>): Promise<T>;
}

/** Observes whether Sallyport can follow and read the revocation set; called once per change. Must not throw. */
export interface RevocationObserver {
  feedLost(cause: Error): void;
  feedBack(): void;
  outageBegan(cause: Error): void;
  outageEnded(): void;
  /** The store holds another set than before: every protected request is denied until an operator accepts the loss. */
  setLost(sinceSeconds: number): void;
  setAccepted(): void;
  /** Entries that the store had lost were written again; called each time. */
  entriesRewritten(count: number): void;
  /** Entries of an otherwise intact set vanished before their expiry and are written again; called each time. */
  entriesVanished(count: number): void;
}

/** A store operation failed; it is unknown whether anything was written. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
