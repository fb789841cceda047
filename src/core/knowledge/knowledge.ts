import type { Ruling, RulingQuestion } from '../condition/ruling.ts';
import type { CredentialCache } from '../credential/verified-credential.ts';
import type { Instant } from '../request.ts';

/** What is known when a request is decided. */
export interface Knowledge extends CredentialCache {
  /** A ruling of a policy decision point that holds now; `undefined` if it must be asked, or if none is configured. */
  ruling?(question: RulingQuestion, now: Instant): Ruling | undefined;
}
