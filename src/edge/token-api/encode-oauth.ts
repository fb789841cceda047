import type { FastifyReply } from 'fastify';
import { answerTo, messageFor } from '../../core/answer.ts';
import type { Reason } from '../../core/reason.ts';
import type { Outcome } from './call.ts';
import { send } from './encode.ts';
import { PROBLEMS } from './problems.ts';

/** Each reason as OAuth calls it: RFC 6749, sections 4.1.2.1 and 5.2, for a client, RFC 6750, section 3.1, for a token. */
const ERRORS: Readonly<Record<Reason, string>> = {
  credentials_required: 'invalid_client',
  credentials_invalid: 'invalid_client',
  invalid_request: 'invalid_request',
  token_invalid: 'invalid_token',
  token_expired: 'invalid_token',
  token_revoked: 'invalid_token',
  scope_required: 'insufficient_scope',
  route_denied: 'invalid_request',
  path_rejected: 'invalid_request',
  too_many_attempts: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
};

/**
 * Every answer of a call of OAuth: what goes wrong in the form of RFC 6749, section 5.2, which its clients read, and with
 * the `code` that every other call has.
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
