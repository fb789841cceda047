import type { AccessQuestions } from '../../access/access-questions.ts';
import type { AccountQuestions } from '../../access/account-questions.ts';
import type { AuthzenConfig } from '../../config/config.ts';
import type { Decider } from '../../core/ports.ts';

/** What one configuration provides for policy clients. */
export interface AuthzenUseCases {
  /** Decides about the callers themselves. */
  readonly callers: Decider;
  readonly questions: AccessQuestions;
  /** `undefined` if no issuer is our own, so that there are no accounts. */
  readonly accounts: AccountQuestions | undefined;
  readonly settings: AuthzenConfig;
}
