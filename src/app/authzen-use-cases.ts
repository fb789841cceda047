import { AccountQuestions } from '../access/account-questions.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Config } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { CredentialCache } from '../core/credential/verified-credential.ts';
import type { BatchDecider } from '../core/ports.ts';
import type { AuthzenUseCases } from '../edge/authzen/use-cases.ts';

export interface AuthzenBuildParts extends Pick<AuthzenUseCases, 'callers' | 'questions'> {
  readonly own: OwnIssuer | undefined;
  readonly accounts: AccountStore;
  readonly generation: number;
  /** Makes a decider for the configuration's routes that knows these credentials and no others. */
  readonly deciderWith: (known: CredentialCache) => BatchDecider;
}

/** Builds what policy clients ask under one configuration. */
export function buildAuthzen(
  { scopes: catalogue, authzen: settings, timeouts }: Config,
  { callers, questions, own, accounts, generation, deciderWith }: AuthzenBuildParts,
): AuthzenUseCases {
  const limitMs = timeouts.decisionMs;
  return {
    callers,
    questions,
    accounts: own && new AccountQuestions({ accounts, issuer: own.name, generation, deciderWith, catalogue, limitMs }),
    settings,
  };
}
