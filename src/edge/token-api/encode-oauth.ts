import type { FastifyReply } from 'fastify';
import { answerTo, messageFor } from '../../core/answer.ts';
import type { Reason } from '../../core/reason.ts';
import { PROBLEMS } from '../http/problems.ts';
import type { Outcome } from './call.ts';
import { send } from './encode.ts';

/** OAuth's error for each reason: for a client RFC 6749, sections 4.1.2.1 and 5.2; for a token RFC 6750, section 3.1. */
const ERRORS: Readonly<Record<Reason, string>> = {
  credentials_required: 'invalid_client',
  credentials_invalid: 'invalid_client',
  invalid_request: 'invalid_request',
  token_invalid: 'invalid_token',
  token_expired: 'invalid_token',
  token_revoked: 'invalid_token',
  scope_required: 'insufficient_scope',
  condition_failed: 'access_denied',
  step_up_required: 'insufficient_user_authentication',
  route_denied: 'invalid_request',
  path_rejected: 'invalid_request',
  too_many_attempts: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
};

/**
 * Sends the response of an OAuth call. Errors have the format of RFC 6749, section 5.2, which OAuth clients read, and the
 * same `code` as for every other call.
 */
export async function sendOauth(reply: FastifyReply, outcome: Outcome): Promise<void> {
  if (outcome.outcome === 'done') return send(reply, outcome);
  reply.header('cache-control', 'no-store');
  if (outcome.outcome === 'problem') {
    const { code, message, errors = [] } = outcome;
    const fields = errors.map((error) => `${error.field}: ${error.message}`);
    const error_description = fields.length === 0 ? message : fields.join('; ');
    return void (await reply.code(PROBLEMS[code].status).send({ error: 'invalid_request', error_description, code }));
  }
  const { status, challenges, retryAfterSeconds } = answerTo(outcome);
  if (challenges.length > 0) reply.header('www-authenticate', challenges);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  const { reason } = outcome;
  await reply.code(status).send({ error: ERRORS[reason], error_description: messageFor(outcome), code: reason });
}
