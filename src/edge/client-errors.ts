import type { Socket } from 'node:net';
import { problem } from '../core/answer.ts';
import type { ProblemCode } from './problems.ts';
import { PROBLEMS } from './problems.ts';
import { PROBLEM_TYPE } from './refusal.ts';

/** Our problem codes for Node's errors about bytes that it cannot parse as a request. */
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
export function answerClientError(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code = CODES.get(error.code) ?? 'malformed_request';
  const { status, title } = PROBLEMS[code];
  const body = problem(code, status, title, MESSAGES[code] ?? 'the request is not valid HTTP/1.1');
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
