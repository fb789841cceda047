import type { FastifyReply } from 'fastify';
import { answerTo, problem } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import type { FieldError, IssuedToken } from '../../tokens/issue-token.ts';

/** Sent as bytes: to a string fastify would add a charset, which the type does not have (RFC 8259, section 11). */
const PROBLEM = 'application/problem+json';

/** The token service's own problems, beside the reasons of a denial (contract section 4). */
const PROBLEMS = {
  invalid_body: { status: 400, title: 'Bad Request' },
  not_found: { status: 404, title: 'Not Found' },
  too_large: { status: 413, title: 'Content Too Large' },
  unsupported_media_type: { status: 415, title: 'Unsupported Media Type' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export async function sendDenial(reply: FastifyReply, denial: Deny): Promise<void> {
  const { status, challenges, retryAfterSeconds, body } = answerTo(denial);
  if (challenges.length > 0) reply.header('www-authenticate', challenges);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  await reply.code(status).header('cache-control', 'no-store').type(PROBLEM).send(Buffer.from(body));
}

export async function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  message: string,
  errors?: readonly FieldError[],
): Promise<void> {
  const { status, title } = PROBLEMS[code];
  const more = errors === undefined ? {} : { errors };
  await reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(PROBLEM)
    .send(Buffer.from(problem(code, status, title, message, more)));
}

/** RFC 6749, section 5.1: a token is never cached. */
export async function sendToken(reply: FastifyReply, token: IssuedToken): Promise<void> {
  await reply
    .code(201)
    .header('cache-control', 'no-store')
    .send({
      id: token.id,
      token_type: 'Bearer',
      access_token: token.accessToken,
      expires_at: new Date(token.expiresAtSeconds * 1000).toISOString().replace('.000Z', 'Z'),
    });
}
