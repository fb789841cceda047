import type { RulingFailure } from '../check.ts';
import type { ClaimPath } from '../claims/claim-path.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Instant } from '../request.ts';

/** The policy decision point that a route asks, and what it is told. */
export interface DecisionPointUse {
  /** Its configured name. */
  readonly name: string;
  /** The type of the subjects. */
  readonly subjectType: string;
  /** The claims of the caller that it is told. */
  readonly claims: readonly ClaimPath[];
}

/** One question to a policy decision point. */
export interface RulingQuestion {
  /** Its configured name. */
  readonly decisionPoint: string;
  /** A ruling on one credential never answers for another. */
  readonly credential: VerifiedCredential;
  /** The evaluation request (AuthZEN 1.0, section 6.1) as JSON. It holds no credential. The ruling depends on nothing else. */
  readonly body: string;
}

/** What a policy decision point answered, or why there is no answer. */
export type Ruling =
  | { readonly outcome: 'permitted' | 'refused' }
  | { readonly outcome: 'failed'; readonly failure: RulingFailure };

/** Asks policy decision points. */
export interface RulingSource {
  /** A ruling that still holds; `undefined` if the question must be asked. */
  find(question: RulingQuestion, now: Instant): Ruling | undefined;
  /** Asks. Never rejects. */
  ask(question: RulingQuestion): Promise<Ruling>;
}
