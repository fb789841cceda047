import { deny } from '../../../core/decision.ts';
import type { CallInput, Outcome } from '../call.ts';
import { done, failed } from '../call.ts';
import { encodeActive } from '../encode.ts';
import type { IntrospectRequest, IntrospectResponse } from '../messages.ts';

/** The caller's scope extends to every token. */
const EVERY_TOKEN = { accountId: undefined, mayReadAll: true } as const;

/** `Introspect`: says nothing of a token that is not active, not even why (RFC 7662, section 2.2). */
export async function introspect(input: CallInput<IntrospectRequest>): Promise<Outcome<IntrospectResponse>> {
  const { request, useCases, limits, errors } = input;
  const { token = '' } = request;
  if (token === '') return failed(errors.invalid([{ field: 'token', message: 'must not be empty' }]));
  const found = await useCases.introspectToken.introspect(token, EVERY_TOKEN, limits);
  switch (found.outcome) {
    case 'active':
      return done(encodeActive(found, useCases.watchedKeep));
    case 'inactive':
      return done({ active: false });
    case 'unavailable':
      return failed(errors.denied(deny('unavailable', undefined, 'the token could not be checked')));
  }
}
