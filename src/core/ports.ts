import type { PresentedCredential } from './credential.ts';
import type { Decision } from './decision.ts';
import type { AccessRequest, ClientAddress } from './request.ts';
import type { Freshness } from './standing.ts';
import type { VerificationResult, VerifiedCredential } from './verified-credential.ts';

/** Verifies a credential from scratch. */
export interface Verifier {
  /**
   * Resolves to a refusal for a credential that is wrong, and for one that cannot be judged now
   * (`unavailable`, `too_many_attempts`). Rejects only on a bug or a broken part, which the caller takes for
   * `unavailable`.
   *
   * @param client who presents it, where guesses are counted.
   */
  verify(credential: PresentedCredential, client?: ClientAddress): Promise<VerificationResult>;
}

/** Tells what a bearer token is, so that it can be revoked. */
export interface TokenExaminer {
  /** Resolves as {@link Verifier.verify}, but whatever this instance knows of revocations. */
  examine(token: string): Promise<VerificationResult>;
}

/** Asks the revocation set. */
export interface StandingReader {
  /** How far the feed can be trusted at this moment; the object changes in place. */
  readonly freshness: Freshness;
  /**
   * How far what is known may be trusted where `refresh` could not read the set in time; `undefined` where nothing is,
   * beyond {@link freshness}.
   */
  readonly outageFreshness: Freshness | undefined;
  /** Brings every standing of the credential up to date. Rejects where the set cannot be read. */
  refresh(credential: VerifiedCredential): Promise<void>;
}

/** Both clocks, injected so that tests own them. */
export interface Clock {
  /** Unix milliseconds. */
  wallMs(): number;
  /** Milliseconds that never run backwards. */
  monotonicMs(): number;
}

/** What the doors ask. Answers at once where nothing had to be waited for; never rejects. */
export interface Decider {
  decide(request: AccessRequest): Decision | Promise<Decision>;
}

/** How long a decision took. */
export interface Timing {
  /** Whether something was not known yet and had to be waited for: a verification, or the revocation set. */
  readonly waited: boolean;
  readonly tookMs: number;
}

/** Told of every decision. Must not throw. */
export interface DecisionObserver {
  /** @param timing of every decision that waited, and of a sample of the others. */
  decided(request: AccessRequest, decision: Decision, timing?: Timing): void;
  /** A need could not be met because a part broke; the request was denied as `unavailable`. */
  failed(error: unknown, request?: AccessRequest): void;
}

/** Told once per change of what Sallyport can hear and read of the revocation set. Must not throw. */
export interface RevocationObserver {
  feedLost(cause: Error): void;
  feedBack(): void;
  outageBegan(cause: Error): void;
  outageEnded(): void;
  /** The set is not the one that was known: nothing passes until an operator accepts that. */
  setLost(sinceSeconds: number): void;
  setAccepted(): void;
  /** Entries that the store had lost were written again; told as often as that is done. */
  entriesRewritten(count: number): void;
  /** Entries went before their time while the set stood, and are written again; told as often as that is seen. */
  entriesVanished(count: number): void;
}

/** The store could not do what it was asked; nothing is known to have been written. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
