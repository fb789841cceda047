import type { AccessQuestions } from '../../access/access-questions.ts';
import type { WatchedKeep } from '../../access/watched-keep.ts';
import type { Decider } from '../../core/ports.ts';
import type { IntrospectToken } from '../../tokens/introspect-token.ts';

/** What one configuration provides for the internal API. */
export interface AccessUseCases {
  /** Decides about the callers themselves, by the rules of their doors. */
  readonly callers: Decider;
  readonly questions: AccessQuestions;
  readonly introspectToken: IntrospectToken;
  readonly watchedKeep: WatchedKeep;
  /** For how long a token is accepted after it has expired. */
  readonly clockSkewMs: number;
  /** The time limit of a call in milliseconds. */
  readonly decisionTimeoutMs: number;
  /** CIDR ranges and addresses of the peers whose word about their clients' addresses counts. */
  readonly trustedProxies: readonly string[];
}
