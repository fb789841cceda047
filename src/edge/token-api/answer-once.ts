import type { Caller, Outcome } from './call.ts';
import { failed } from './call.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import type { TokenUseCases } from './use-cases.ts';

/** A request for a call that makes something. */
export interface MakingRequest {
  readonly caller: Caller;
  /** `Idempotency-Key`. */
  readonly keyField: string | string[] | undefined;
  /** All that says what is asked for. */
  readonly content: unknown;
  readonly newId: () => string;
}

const PROBLEMS = {
  key_reused: failed('idempotency_key_reused', 'this Idempotency-Key was used for another request; choose a new one'),
  in_progress: {
    ...failed('request_in_progress', 'the request with this Idempotency-Key is being carried out; ask again'),
    retryAfterSeconds: 1,
  },
} as const;

/** Answers a request; where it has a key, it makes one thing however often it is sent. */
export async function answerOnce(
  { caller, keyField, content, newId }: MakingRequest,
  { idempotency }: Pick<TokenUseCases, 'idempotency'>,
  handle: (assignedId?: string) => Promise<Outcome>,
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
