import type { FastifyReply } from 'fastify';
import type { IssuedToken } from '../../tokens/token-mint.ts';
import { sendRefusal } from '../http/refusal.ts';
import type { Outcome } from './call.ts';

/**
 * Sends a call's response. It concerns one caller and may contain a token, so by default it must not be stored (RFC 6749,
 * section 5.1).
 */
export async function send(reply: FastifyReply, outcome: Outcome): Promise<void> {
  if (outcome.outcome !== 'done') return sendRefusal(reply, outcome);
  const { status, body, headers } = outcome;
  await reply
    .header('cache-control', 'no-store')
    .code(status)
    .headers(headers ?? {})
    .send(body);
}

/** Returns the members of the one response that shows a token (RFC 6749, section 5.1, except for `expires_at`). */
export function tokenBody({ id, accessToken, expiresAtSeconds }: IssuedToken) {
  const token_type = 'Bearer' as const;
  return { id, token_type, access_token: accessToken, expires_at: utcTime(expiresAtSeconds) };
}

/** Formats Unix seconds as RFC 3339 in UTC, without a fraction. */
export function utcTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
