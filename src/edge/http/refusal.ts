import type { FastifyReply } from 'fastify';
import { answerTo, problem } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import type { Problem } from './problems.ts';
import { PROBLEMS } from './problems.ts';

/** Sent as bytes, because to a string Fastify would add a charset, which the type does not have (RFC 8259, section 11). */
export const PROBLEM_TYPE = 'application/problem+json';

/** Why a request has no result. */
export type Refusal = Problem | Deny;

/** Sends a refusal. */
export type SendRefusal = (reply: FastifyReply, refusal: Refusal) => Promise<void>;

/** A request that is refused before a handler runs, for example by the parser of its body. */
export class RefusedRequest extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super('the request is refused');
    this.refusal = refusal;
  }
}

/** Sends a refusal as a problem document (RFC 9457), which must not be stored. */
export const sendRefusal: SendRefusal = async (reply, refusal) => {
  reply.header('cache-control', 'no-store');
  return refusal.outcome === 'deny' ? sendDenial(reply, refusal) : sendProblem(reply, refusal);
};

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
