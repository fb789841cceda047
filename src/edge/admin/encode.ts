import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { answerTo, problem } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import type { Components } from '../../observe/components.ts';
import type { Health } from '../../observe/health.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import { METRICS_TYPE } from '../../observe/metrics/metrics.ts';
import type { Problem } from '../http/problems.ts';
import { failed, PROBLEMS } from '../http/problems.ts';

const PROBLEM_TYPE = 'application/problem+json';
const CHUNK_LENGTH = 16 * 1024;

export function sendLive(response: ServerResponse): void {
  send(response, 200, 'application/json', '{"status":"live"}');
}

/** 200 while this instance accepts requests. The states of the parts are listed and do not change the status. */
export function sendReady(response: ServerResponse, state: Health['state'], components: Components): void {
  const status = state === 'ready' ? 200 : 503;
  sendJson(response, status, { status: state, components });
}

export function sendJson(response: ServerResponse, status: number, content: object): void {
  send(response, status, 'application/json', JSON.stringify(content));
}

/** Sends the metrics in pieces and yields to the event loop in between, so that many metrics do not delay decisions. */
export async function sendMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  await metrics.gather();
  response.writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' });
  if (response.req.method === 'HEAD') response.end();
  else await pipeline(Readable.from(chunksOf(metrics)), response);
}

export function sendNotFound(response: ServerResponse): void {
  sendProblem(response, failed('not_found', 'there are /metrics, /livez, /readyz and /explain'));
}

export function sendNotAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  sendProblem(response, failed('method_not_allowed', `only ${allow}`));
}

/** The answer to a caller that is not admitted, or whose call cannot be answered now. */
export function sendDenial(response: ServerResponse, denial: Deny): void {
  const { status, challenges, retryAfterSeconds, body } = answerTo(denial);
  if (challenges.length > 0) response.setHeader('www-authenticate', challenges);
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  send(response, status, PROBLEM_TYPE, body);
}

export function sendProblem(response: ServerResponse, { code, message, errors }: Problem): void {
  const { status, title } = PROBLEMS[code];
  send(response, status, PROBLEM_TYPE, problem(code, status, title, message, errors === undefined ? {} : { errors }));
}

export function sendMisdirected(response: ServerResponse): void {
  const message = 'this listener goes by other names: see listen.admin.hosts';
  send(response, 421, PROBLEM_TYPE, problem('misdirected_request', 421, 'Misdirected Request', message));
}

async function* chunksOf(metrics: Metrics): AsyncGenerator<string> {
  let chunk = '';
  for (const line of metrics.lines()) {
    chunk += line;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
    await setImmediate();
  }
  yield chunk;
}

/** Node omits the body for HEAD. */
function send(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(body);
}
