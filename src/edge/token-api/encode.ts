import type { FastifyReply } from 'fastify';
import { answerTo, problem } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import type { IssuedToken } from '../../tokens/token-mint.ts';
import type { Done, Outcome, Problem } from './call.ts';
import { PROBLEMS } from './problems.ts';

/** Sent as bytes, because to a string Fastify would add a charset, which the type does not have (RFC 8259, section 11). */
export const PROBLEM_TYPE = 'application/problem+json';

/**
 * Sends a call's response. It concerns one caller and may contain a token, so by default it must not be stored (RFC 6749,
 * section 5.1).
 */
export async function send(reply: FastifyReply, outcome: Outcome): Promise<void> {
  reply.header('cache-control', 'no-store');
  switch (outcome.outcome) {
    case 'done':
      return sendDone(reply, outcome);
    case 'problem':
      return sendProblem(reply, outcome);
    case 'deny':
      return sendDenial(reply, outcome);
  }
}

async function sendDone(reply: FastifyReply, { status, body, headers }: Done): Promise<void> {
  await reply
    .code(status)
    .headers(headers ?? {})
    .send(body);
}

async function sendProblem(reply: FastifyReply, { code, message, errors, retryAfterSeconds }: Problem): Promise<void> {
  const { status, title } = PROBLEMS[code];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  const more = errors === undefined ? {} : { errors };
  await reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(problem(code, status, title, message, more)));
}

async function sendDenial(reply: FastifyReply, denial: Deny): Promise<void> {
  const { status, challenges, retryAfterSeconds, body } = answerTo(denial);
  if (challenges.length > 0) reply.header('www-authenticate', challenges);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  await reply.code(status).type(PROBLEM_TYPE).send(Buffer.from(body));
}

/** Returns the members of the one response that shows a token (RFC 6749, section 5.1, except for `expires_at`). */
export function tokenBody({ id, accessToken, expiresAtSeconds }: IssuedToken) {
  const token_type = 'Bearer' as const;
  return { id, token_type, access_token: accessToken, expires_at: utcTime(expiresAtSeconds) };
}

/** Formats Unix seconds as RFC 3339 in UTC, without a fraction. */
export function utcTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
