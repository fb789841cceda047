import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE } from './encode.ts';

/** A page about what went wrong. */
export interface ErrorPage {
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** @param problem title and message of the problem document that it stands for. */
export type ToPage = (status: number, problem: { readonly title: string; readonly message: string }) => ErrorPage;

/** Shows a page for each problem to whoever came by a link or an address: JSON is for programs. */
export function showPages(server: FastifyInstance, toPage: ToPage): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.getHeader('content-type') !== PROBLEM_TYPE || !Buffer.isBuffer(payload)) return payload;
    reply.header('vary', 'Accept');
    if (!wantsPage(request)) return payload;
    // As `encode.ts` wrote it.
    const problem = JSON.parse(payload.toString()) as Parameters<ToPage>[1];
    const { headers, html } = toPage(reply.statusCode, problem);
    reply.headers(headers).type('text/html; charset=utf-8').removeHeader('content-length');
    return html;
  });
}

/** Browsers name HTML where they navigate; programs take anything, or JSON (RFC 9110, section 12.5.1). */
function wantsPage({ headers }: FastifyRequest): boolean {
  const { accept = '' } = headers;
  return /\btext\/html\b/i.test(accept) && !/\bapplication\/(?:problem\+)?json\b/i.test(accept);
}
