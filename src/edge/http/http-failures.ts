import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { deny } from '../../core/decision.ts';
import type { DoorObserver } from '../listening.ts';
import { AllowedMethods } from './allowed-methods.ts';
import type { ProblemCode } from './problems.ts';
import { failed } from './problems.ts';
import type { SendRefusal } from './refusal.ts';
import { RefusedRequest, sendRefusal } from './refusal.ts';

/** The longest body that an HTTP door accepts. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Our problem codes for Fastify's errors that a client caused. */
const CLIENT_ERRORS: Readonly<Record<string, ServerProblem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_body',
};

type ServerProblem = Extract<ProblemCode, 'invalid_body' | 'too_large' | 'unsupported_media_type'>;

/** How a door answers errors. */
export interface FailureAnswers {
  readonly observer: DoorObserver;
  /** The media types of bodies, for the message about another one. */
  readonly bodyTypes: string;
  /** The longest body of these calls; {@link MAX_BODY_BYTES} if it is not set. */
  readonly maxBodyBytes?: number;
  readonly answer: SendRefusal;
}

/** Answers requests that reach no handler, and errors. Called before the routes are added. */
export function answerErrors(server: FastifyInstance, answers: Omit<FailureAnswers, 'answer'>): void {
  const methods = new AllowedMethods(server);
  // Answered before the body arrives, since it will not be read.
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      await sendRefusal(reply, failed('malformed_request', 'the Host header is missing'));
    } else if (request.is404) {
      await answerNoRoute(request, reply, methods);
    }
  });
  answerFailures(server, { ...answers, answer: sendRefusal });
}

/** Answers a request that no route matches: 405 if the path has other methods, 404 otherwise. */
async function answerNoRoute(request: FastifyRequest, reply: FastifyReply, methods: AllowedMethods): Promise<void> {
  const [path = ''] = (request.raw.url ?? '').split('?', 1);
  const allowed = methods.of(path);
  if (allowed.length === 0) return sendRefusal(reply, failed('not_found', 'no such path'));
  const allow = allowed.join(', ');
  reply.header('allow', allow);
  if (request.method === 'OPTIONS') return void (await reply.code(204).send());
  const message = `${request.method} is not allowed here; use one of ${allow}`;
  return sendRefusal(reply, failed('method_not_allowed', message));
}

/** Answers errors that these calls throw. An error that no client caused is reported to the observer. */
export function answerFailures(
  server: FastifyInstance,
  { observer, bodyTypes, maxBodyBytes = MAX_BODY_BYTES, answer }: FailureAnswers,
): void {
  const messages: Readonly<Record<ServerProblem, string>> = {
    invalid_body: 'the body cannot be read',
    too_large: `the body is larger than ${maxBodyBytes} bytes`,
    unsupported_media_type: `the body must be ${bodyTypes}`,
  };
  server.setErrorHandler((error: { readonly code?: string }, request, reply) => {
    if (error instanceof RefusedRequest) return answer(reply, error.refusal);
    const code = CLIENT_ERRORS[error.code ?? ''];
    if (code !== undefined) return answer(reply, failed(code, messages[code]));
    observer.callFailed(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, error);
    return answer(reply, deny('unavailable', undefined, 'internal error'));
  });
}
