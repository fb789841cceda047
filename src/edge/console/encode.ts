import type { FastifyReply } from 'fastify';
import type { Reply } from './page-request.ts';
import { problemPage } from './pages/error-page.ts';
import { shell } from './pages/shell.ts';

/** The pages load only our own assets, run no inline script or style, and cannot be framed. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Sent with every response of the console, assets included. */
export const SECURITY_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // With `no-referrer` browsers would send our own forms with `Origin: null` (Fetch, section 3.1).
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** Returns the page about a problem anywhere on this door. */
export function errorReply(status: number, { title, message }: { readonly title: string; readonly message: string }) {
  return { headers: SECURITY_HEADERS, html: shell(problemPage(status, title, message)).text };
}

export async function send(reply: FastifyReply, answer: Reply): Promise<void> {
  reply.headers(answer.headers ?? {});
  if (answer.kind === 'redirect') return reply.redirect(answer.to, 303);
  return reply.code(answer.status).type('text/html; charset=utf-8').send(shell(answer).text);
}
