import { readCredential } from '../core/credential/credential.ts';
import type { Decision } from '../core/decision.ts';
import type { AccessRequest } from '../core/request.ts';

/** Names and values of response header fields. */
export type ResponseFields = readonly (readonly [name: string, value: string])[];

/** The first day of Basic on routes, which was deprecated from the start: 2026-11-22. */
const DEPRECATED_AT_MS = Date.UTC(2026, 10, 22);

/**
 * The response fields of an answer to Basic on a route: that Basic is deprecated (RFC 9745), and when it ends (RFC
 * 8594). The end is never before the deprecation.
 *
 * @param sunsetMs Unix milliseconds; `Infinity` without a sunset.
 */
export function basicNotice(sunsetMs: number): ResponseFields {
  const since = `@${Math.floor(Math.min(DEPRECATED_AT_MS, sunsetMs) / 1000)}`;
  const deprecation = ['deprecation', since] as const;
  return Number.isFinite(sunsetMs) ? [deprecation, ['sunset', new Date(sunsetMs).toUTCString()]] : [deprecation];
}

/** Whether a decision is about Basic on a route that accepts it, or did until the sunset. */
function isAboutBasic({ authorization }: AccessRequest, { route, credential }: Decision): boolean {
  if ((credential !== undefined && credential.identity.scheme !== 'basic') || route?.basic !== true) return false;
  return readCredential(authorization).scheme === 'basic';
}

/** The response fields for the client that a decision needs, besides those of a denial. @param basic {@link basicNotice}. */
export function noticeOf(request: AccessRequest, decision: Decision, basic: ResponseFields): ResponseFields {
  if (isAboutBasic(request, decision)) return basic;
  return decision.nonce === undefined ? NO_NOTICE : [['dpop-nonce', decision.nonce]];
}

const NO_NOTICE: ResponseFields = [];
