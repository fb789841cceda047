import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import { admitCaller } from '../callers.ts';
import { readCorrelation } from '../correlation.ts';
import { discardBody } from '../http/discard-body.ts';
import type { Problem, ProblemCode } from '../http/problems.ts';
import { failed } from '../http/problems.ts';
import { sendDenial, sendJson, sendProblem } from './encode.ts';
import { decodeQuestion } from './question.ts';
import { EXPLAIN } from './routes.ts';
import type { AdminUseCases } from './use-cases.ts';

/** A token of the longest configurable length, a path, and room. */
const MAX_BODY_BYTES = 128 * 1024;
const JSON_TYPE = /^application\/json *(?:;|$)/i;

/** How a caller reaches this listener. */
export interface ExplainParts {
  readonly useCases: AdminUseCases;
  /** Whether the connection proves its caller: by a client certificate, or as it came through a Unix socket. */
  readonly isProven: boolean;
}

/**
 * Answers `POST /explain`. The caller is admitted before its body is read, and again after it: a body may arrive slowly.
 * The token to explain is in the body and nowhere else: an address is logged by every proxy on the way.
 */
export async function answerExplain(
  request: IncomingMessage,
  response: ServerResponse,
  parts: ExplainParts,
): Promise<void> {
  const refusal = (await denialOf(request, parts)) ?? problemOf(request);
  if (refusal !== undefined) return refuse(request, response, refusal);
  const body = await readBody(request);
  if (body === undefined) {
    return refuse(request, response, failed('too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`));
  }
  const decoded = decodeQuestion(body);
  if (decoded.outcome === 'invalid') {
    return sendProblem(response, failed('invalid_body', 'the body is not a question', decoded.errors));
  }
  const denial = await denialOf(request, parts);
  if (denial !== undefined) return sendDenial(response, denial);
  sendJson(response, 200, await parts.useCases.explain(decoded.request));
}

async function denialOf(request: IncomingMessage, { useCases, isProven }: ExplainParts): Promise<Deny | undefined> {
  const admission = await admitCaller(callOf(request), useCases.callers, isProven);
  return admission.outcome === 'deny' ? admission : undefined;
}

/** The call itself as a request. */
function callOf({ headersDistinct, socket }: IncomingMessage): AccessRequest {
  return {
    door: 'admin',
    method: 'POST',
    host: headersDistinct['host']?.join(',') ?? '',
    path: EXPLAIN,
    // Node's own `headers` keeps only the first one.
    authorization: headersDistinct['authorization']?.join(','),
    fromBrowser: 'origin' in headersDistinct,
    client: () => socket.remoteAddress,
    ...readCorrelation((name) => headersDistinct[name]),
  };
}

function problemOf({ url = '', headers }: IncomingMessage): Problem | undefined {
  const problem = (code: ProblemCode, message: string): Problem => failed(code, message);
  if (url !== EXPLAIN) return problem('invalid_query', 'the whole question is in the body: send no query');
  // A page of another origin cannot send this type without asking first, and gets no permission here.
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    return problem('unsupported_media_type', 'the body must be application/json, without a Content-Encoding');
  }
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES
    ? problem('too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`)
    : undefined;
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Deny | Problem): void {
  if (refusal.outcome === 'deny') sendDenial(response, refusal);
  else sendProblem(response, refusal);
  discardBody(request);
}

/** `undefined` if the body is too long. Rejects if the connection breaks. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
