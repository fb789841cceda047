import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Admission, admitCaller } from '../callers.ts';
import { REQUEST_ID } from '../correlation.ts';
import { FreshAdmission } from '../fresh-admission.ts';
import { callAccess, correlationOf } from '../http/call-access.ts';
import { answerFailures } from '../http/http-failures.ts';
import { refuseEncodedBodies } from '../http/json-bodies.ts';
import { failed } from '../http/problems.ts';
import type { Refusal } from '../http/refusal.ts';
import { sendRefusal } from '../http/refusal.ts';
import type { DoorObserver } from '../listening.ts';
import type { Item } from './decode.ts';
import { decodeEvaluation, decodeEvaluations } from './decode.ts';
import { endAt } from './encode.ts';
import type { CallFacts, FailureObserver } from './evaluate.ts';
import { evaluateAll } from './evaluate.ts';
import { metadataOf } from './metadata.ts';
import { EVALUATION, EVALUATIONS, METADATA } from './routes.ts';
import type { AuthzenUseCases } from './use-cases.ts';

/** A thousand evaluations with tokens of 4 KB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const JSON_TYPE = 'application/json';

export interface AuthzenParts {
  /** The active configuration's use cases; called for each request, since a reload replaces them. */
  readonly useCases: () => AuthzenUseCases;
  /** Whether a connection to the listener proves its caller. */
  readonly isProven: boolean;
  /** Told of a part that failed; the evaluation was denied. */
  readonly failed: FailureObserver;
  readonly observer: DoorObserver;
}

/**
 * The calls of AuthZEN 1.0 (OpenID Authorization API): evaluation, evaluations and the metadata. There are no searches.
 * A denial is an answer with the status 200; other statuses are about the call itself (section 10.1.2).
 */
export function authzenCalls(parts: AuthzenParts): FastifyPluginAsync {
  return async (server) => {
    answerFailures(server, {
      observer: parts.observer,
      bodyTypes: JSON_TYPE,
      maxBodyBytes: MAX_BODY_BYTES,
      answer: sendProblem,
    });
    refuseEncodedBodies(server);
    server.addHook('onRequest', async (request, reply) => {
      const id = request.headers[REQUEST_ID];
      if (id !== undefined) reply.header(REQUEST_ID, id);
    });
    for (const path of [METADATA, `${METADATA}/*`]) {
      server.get(path, async (request, reply) => sendMetadata(request, reply, parts.useCases()));
    }
    const callers = new FreshAdmission((request: FastifyRequest) => admit(request, parts));
    const refuseCaller = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const admission = await callers.of(request);
      if (admission.outcome === 'deny') await sendRefusal(reply, admission);
    };
    const calls = { [EVALUATION]: evaluation, [EVALUATIONS]: evaluations };
    for (const [url, handle] of Object.entries(calls)) {
      const handler = (request: FastifyRequest, reply: FastifyReply) => handle(request, reply, parts);
      // Before the body arrives, and again if it arrived late.
      const hooks = { onRequest: refuseCaller, preHandler: refuseCaller };
      server.post(url, { bodyLimit: MAX_BODY_BYTES, ...hooks }, handler);
    }
  };
}

async function admit(request: FastifyRequest, { useCases, isProven }: AuthzenParts): Promise<Admission> {
  const { callers, settings } = useCases();
  return admitCaller(callAccess(request, 'authzen'), callers, isProven || !settings.requireToken);
}

async function evaluation(request: FastifyRequest, reply: FastifyReply, parts: AuthzenParts): Promise<void> {
  await answerOne(decodeEvaluation(request.body), request, reply, parts);
}

async function evaluations(request: FastifyRequest, reply: FastifyReply, parts: AuthzenParts): Promise<void> {
  const decoded = decodeEvaluations(request.body);
  if (decoded.outcome !== 'several') return answerOne(decoded, request, reply, parts);
  const decisions = await evaluateAll(decoded.items, factsOf(request), parts.useCases(), parts.failed);
  await send(reply, { evaluations: endAt(decisions, decoded.semantic) });
}

async function answerOne(
  item: Item,
  request: FastifyRequest,
  reply: FastifyReply,
  { useCases, failed: report }: AuthzenParts,
): Promise<void> {
  if (item.outcome === 'invalid') {
    return sendRefusal(reply, failed('invalid_body', 'the body is not an evaluation', item.errors));
  }
  const [decision] = await evaluateAll([item], factsOf(request), useCases(), report);
  await send(reply, decision ?? { decision: false });
}

/** An evaluation says nothing of a client: the one that asks is as near as can be told. */
function factsOf(request: FastifyRequest): CallFacts {
  return { client: () => request.client, ...correlationOf(request) };
}

async function send(reply: FastifyReply, body: object): Promise<void> {
  await reply
    .header('cache-control', 'no-store')
    .type(JSON_TYPE)
    .send(Buffer.from(JSON.stringify(body)));
}

async function sendMetadata(
  request: FastifyRequest,
  reply: FastifyReply,
  { settings }: AuthzenUseCases,
): Promise<void> {
  const { protocol, host, raw } = request;
  const path = (raw.url ?? '').split('?', 1)[0] ?? '';
  const metadata = metadataOf(path.slice(METADATA.length), settings.url, `${protocol}://${host}`);
  if (metadata === undefined) return sendRefusal(reply, failed('not_found', 'no such path'));
  // What rests on the Host of this request is no answer for another.
  const caching = settings.url === undefined ? 'no-store' : 'max-age=3600';
  await reply
    .header('cache-control', caching)
    .type(JSON_TYPE)
    .send(Buffer.from(JSON.stringify(metadata)));
}

/** Another media type is a bad request here (AuthZEN 1.0, section 10.1.2). */
async function sendProblem(reply: FastifyReply, refusal: Refusal): Promise<void> {
  const isMediaType = refusal.outcome === 'problem' && refusal.code === 'unsupported_media_type';
  return sendRefusal(reply, isMediaType ? failed('invalid_body', refusal.message) : refusal);
}
