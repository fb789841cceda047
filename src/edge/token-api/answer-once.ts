import type { Assigned } from '../../tokens/idempotency.ts';
import { failed } from '../http/problems.ts';
import type { Caller, Outcome } from './call.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import type { TokenUseCases } from './use-cases.ts';

/** A request to a call that creates something. */
export interface CreationRequest {
  readonly caller: Caller;
  /** The value of `Idempotency-Key`. */
  readonly keyField: string | string[] | undefined;
  /** Everything that determines what is created: the same key with other content is refused. */
  readonly content: unknown;
  readonly newId: () => string;
}

const PROBLEMS = {
  key_reused: failed('idempotency_key_reused', 'this Idempotency-Key was used for a different request; use a new one'),
  in_progress: {
    ...failed('request_in_progress', 'the request with this Idempotency-Key is still in progress; try again'),
    retryAfterSeconds: 1,
  },
} as const;

/** Handles a request. With a key it creates one thing, however many times it is sent. */
export async function answerOnce(
  { caller, keyField, content, newId }: CreationRequest,
  { idempotency }: Pick<TokenUseCases, 'idempotency'>,
  handle: (assigned?: Assigned) => Promise<Outcome>,
): Promise<Outcome> {
  const key = readIdempotencyKey(keyField);
  if (key === undefined) return handle();
  if (typeof key !== 'string') return key;
  const request = { accountId: caller.accountId, key, content };
  const answered = await idempotency.run(request, newId, handle, ({ outcome }) => outcome === 'done');
  return answered.outcome === 'key_reused' || answered.outcome === 'in_progress'
    ? PROBLEMS[answered.outcome]
    : answered;
}
