import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { problem } from '../../core/answer.ts';
import type { Components } from '../../observe/components.ts';
import type { Health } from '../../observe/health.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import { METRICS_TYPE } from '../../observe/metrics/metrics.ts';

const CHUNK_LENGTH = 16 * 1024;

export function sendLive(response: ServerResponse): void {
  send(response, 200, 'application/json', '{"status":"live"}');
}

/** 200 while this instance accepts requests. The states of the parts are listed and do not change the status. */
export function sendReady(response: ServerResponse, state: Health['state'], components: Components): void {
  const status = state === 'ready' ? 200 : 503;
  send(response, status, 'application/json', JSON.stringify({ status: state, components }));
}

/** Sends the metrics in pieces and yields to the event loop in between, so that many metrics do not delay decisions. */
export async function sendMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  response.writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' });
  if (response.req.method === 'HEAD') response.end();
  else await pipeline(Readable.from(chunksOf(metrics)), response);
}

export function sendNotFound(response: ServerResponse): void {
  sendProblem(response, 'not_found', 404, 'Not Found', 'there are /metrics, /livez and /readyz');
}

export function sendNotAllowed(response: ServerResponse): void {
  response.setHeader('allow', 'GET, HEAD');
  sendProblem(response, 'method_not_allowed', 405, 'Method Not Allowed', 'only GET and HEAD');
}

export function sendMisdirected(response: ServerResponse): void {
  const message = 'this listener goes by other names: see listen.admin.hosts';
  sendProblem(response, 'misdirected_request', 421, 'Misdirected Request', message);
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

function sendProblem(response: ServerResponse, code: string, status: number, title: string, message: string): void {
  send(response, status, 'application/problem+json', problem(code, status, title, message));
}

/** Node omits the body for HEAD. */
function send(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(body);
}
