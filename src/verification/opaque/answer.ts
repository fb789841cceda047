import * as z from 'zod';
import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import type { Finding } from '../../core/check.ts';
import { membersOf } from '../../lib/json-object.ts';
import { UnexpectedAnswer } from '../../remote/fetch-text.ts';
import { claimFinding } from '../claim-finding.ts';
import type { Claims, FailedClaim } from '../claims.ts';
import { readPayload } from '../claims.ts';
import { readObject } from '../json-object.ts';
import { isSameToken } from '../opaque-token.ts';
import { subjectText } from '../subject-claim.ts';

const answerSchema = z.looseObject({
  active: z.boolean(),
  client_id: z.string().optional(),
});

/** A server's introspection response (RFC 7662, section 2.2). */
export type Answer = z.output<typeof answerSchema>;

/** Why a token is not valid by its introspection response, for the log. */
export type FailedAnswer = FailedClaim | 'inactive';

/** The claims of a valid token. */
export interface ReportedClaims extends Claims {
  /** Identifies a token without an id: see {@link identifyByClaims}. */
  readonly reported: string | undefined;
}

/** Reads an introspection response. Throws an {@link UnexpectedAnswer} if it is invalid, and does not quote it. */
export function readAnswer(text: string): Answer {
  const read = answerSchema.safeParse(membersOf(readObject(text)));
  if (!read.success) throw new UnexpectedAnswer({ kind: 'no introspection' });
  return read.data;
}

/**
 * A response without the members that are the token itself in any spelling: some servers name a token by itself, or repeat
 * it. Upstreams, logs and the revocation set receive ids, subjects and other claims.
 */
export function withoutToken(answer: Answer, token: string): Answer {
  const { active, ...others } = answer;
  const rest = Object.entries(others).filter(([, value]) => typeof value !== 'string' || !isSameToken(value, token));
  return { ...Object.fromEntries(rest), active };
}

/**
 * Returns the claims of a token presented as `Bearer`, or why its issuer's profile does not accept it.
 *
 * @param answer as {@link withoutToken} returned it.
 */
export function judgeAnswer(answer: Answer, issuer: IntrospectionIssuer): ReportedClaims | FailedAnswer {
  if (!answer.active) return 'inactive';
  const claims = readPayload(answer, issuer);
  if (typeof claims === 'string') return claims;
  return { ...claims, reported: claims.tokenId === undefined ? identifyByClaims(answer) : undefined };
}

/** What a response says of a token beside what its issuer's profile accepts. */
export function answerFinding(failed: FailedAnswer, answer: Answer, issuer: IntrospectionIssuer): Finding | undefined {
  if (failed !== 'inactive') return claimFinding(failed, {}, answer, issuer);
  return { found: 'active is false', expected: `issuer ${issuer.name} accepts what its server calls active` };
}

/**
 * Identifies a token that its server reports without an id by its subject, client, `iat` and `exp`, as a JSON array.
 * Returns `undefined` if too many of them are absent to tell the token from others.
 */
function identifyByClaims({ sub: written, client_id: client, iat, exp }: Answer): string | undefined {
  // One server may write one subject as a number and as a string.
  const sub = subjectText(written);
  const isComplete = (sub ?? client) !== undefined && iat !== undefined && exp !== undefined;
  return isComplete ? JSON.stringify([sub ?? null, client ?? null, iat, exp]) : undefined;
}
