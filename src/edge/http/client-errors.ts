import type { Socket } from 'node:net';
import { problem } from '../../core/answer.ts';
import { http } from '../../lib/node-http.ts';
import type { ProblemCode } from './problems.ts';
import { PROBLEMS } from './problems.ts';
import { PROBLEM_TYPE } from './refusal.ts';

/** Node's error about bytes that it cannot parse as a request. */
export interface ClientError {
  readonly code?: string;
}

/** Our problem codes for these errors. */
const CODES: ReadonlyMap<string | undefined, ProblemCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

const MESSAGES: Readonly<Partial<Record<ProblemCode, string>>> = {
  headers_too_large: 'the request line and header fields are too long',
  too_large: 'the chunk extensions are too long',
  request_timeout: 'the request did not arrive in time',
};

/** Answers a request that is not valid HTTP with a problem document, and closes the connection. */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET') return void socket.destroy();
  const code = CODES.get(error.code) ?? 'malformed_request';
  const { status, title } = PROBLEMS[code];
  const body = problem(code, status, title, MESSAGES[code] ?? 'the request is not valid HTTP/1.1');
  const length = String(Buffer.byteLength(body));
  endWith(socket, status, ['content-type', PROBLEM_TYPE, 'content-length', length, 'cache-control', 'no-store'], body);
}

/**
 * Writes a response where Node has none to write to, and closes the connection.
 *
 * @param fields names and values in turn.
 */
export function endWith(socket: Socket, status: number, fields: readonly string[], body: string): void {
  if (!socket.writable) return void socket.destroy();
  const lines = [`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
  socket.end(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
}
