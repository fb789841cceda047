import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE } from '../http/refusal.ts';

/** A page about an error. */
export interface ErrorPage {
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** @param problem title and message of the problem document that the page replaces. */
export type ToPage = (status: number, problem: { readonly title: string; readonly message: string }) => ErrorPage;

/** Sends browsers a page in place of each problem document. Programs still receive JSON. */
export function showPages(server: FastifyInstance, toPage: ToPage): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.getHeader('content-type') !== PROBLEM_TYPE || !Buffer.isBuffer(payload)) return payload;
    reply.header('vary', 'Accept');
    if (!wantsPage(request)) return payload;
    // `encode.ts` wrote it.
    const problem = JSON.parse(payload.toString()) as Parameters<ToPage>[1];
    const { headers, html } = toPage(reply.statusCode, problem);
    reply.headers(headers).type('text/html; charset=utf-8').removeHeader('content-length');
    return html;
  });
}

/** Browsers that navigate accept HTML by name; programs accept anything, or JSON (RFC 9110, section 12.5.1). */
function wantsPage({ headers }: FastifyRequest): boolean {
  const { accept = '' } = headers;
  return /\btext\/html\b/i.test(accept) && !/\bapplication\/(?:problem\+)?json\b/i.test(accept);
}
