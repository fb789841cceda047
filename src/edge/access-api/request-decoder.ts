import { status } from '@grpc/grpc-js';
import type { Outcome } from './call.ts';
import { done, failed } from './call.ts';
import type { CallErrors } from './call-error.ts';
import { countFields } from './count-fields.ts';
import { countProblem } from './decode.ts';
import type { AccessDefinition } from './definition.ts';
import type { StatusMessage } from './messages.ts';
import type { AccessMethod } from './routes.ts';

/** The number of `AuthorizeManyRequest.questions`. */
const QUESTIONS = 1;

/** Says nothing of the request, which holds a credential. */
const UNDECODABLE: StatusMessage = {
  code: status.INVALID_ARGUMENT,
  message: 'the request cannot be decoded',
  details: [],
};

/**
 * Returns the methods so that their handlers receive requests as they were sent, for {@link RequestDecoder}. grpc-js would
 * decode them before their callers are admitted, and 4 MiB can hold two million questions, which takes seconds.
 */
export function withEncodedRequests(definition: AccessDefinition): AccessDefinition {
  const receive = { requestDeserialize: (bytes: Buffer) => bytes };
  const { Authorize, AuthorizeMany, Introspect, WatchRevocations } = definition;
  return {
    Authorize: { ...Authorize, ...receive },
    AuthorizeMany: { ...AuthorizeMany, ...receive },
    Introspect: { ...Introspect, ...receive },
    WatchRevocations: { ...WatchRevocations, ...receive },
  };
}

/** Decodes the requests of admitted callers. */
export class RequestDecoder {
  private readonly definition: AccessDefinition;
  private readonly errors: CallErrors;

  constructor(definition: AccessDefinition, errors: CallErrors) {
    this.definition = definition;
    this.errors = errors;
  }

  /** Counts questions before it decodes them. */
  decode(method: AccessMethod, bytes: Buffer): Outcome<object> {
    if (method === 'AuthorizeMany') {
      const count = countFields(bytes, QUESTIONS);
      const problem = count === undefined ? undefined : countProblem(count);
      if (count === undefined || problem !== undefined) {
        return failed(problem === undefined ? UNDECODABLE : this.errors.invalid([problem]));
      }
    }
    try {
      return done(this.definition[method].requestDeserialize(bytes));
    } catch {
      return failed(UNDECODABLE);
    }
  }
}
