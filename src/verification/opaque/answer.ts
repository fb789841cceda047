import * as z from 'zod';
import type { IntrospectionIssuer } from '../../config/config.ts';
import type { Claims, FailedClaim } from '../claims.ts';
import { readPayload } from '../claims.ts';
import { UnexpectedAnswer } from '../fetch-text.ts';
import { membersOf, readObject } from '../json-object.ts';
import { isSameToken } from '../opaque-token.ts';

const answerSchema = z.looseObject({
  active: z.boolean(),
  client_id: z.string().optional(),
});

/** What a server said of a token (RFC 7662, section 2.2). */
export type Answer = z.output<typeof answerSchema>;

/** Why a token does not count, for the log. */
export type FailedAnswer = FailedClaim | 'inactive';

/** The claims of a token that counts. */
export interface ReportedClaims extends Claims {
  /** What names a token without an id: see {@link nameByClaims}. */
  readonly reported: string | undefined;
}

/** Reads the text of an answer. Throws, quoting nothing of it, where it is none. */
export function readAnswer(text: string): Answer {
  const read = answerSchema.safeParse(membersOf(readObject(text)));
  if (!read.success) throw new UnexpectedAnswer({ kind: 'no introspection' });
  return read.data;
}

/** What an answer says of a token that was presented as `Bearer`, as far as its issuer's profile takes it. */
export function judgeAnswer(answer: Answer, token: string, issuer: IntrospectionIssuer): ReportedClaims | FailedAnswer {
  if (!answer.active) return 'inactive';
  // The client itself, where the token is nobody else's (as RFC 9068, section 2.2, has it).
  const subject = answer['sub'] ?? answer.client_id;
  const { jti } = answer;
  // An id is shown to upstreams and in logs, which the token must not be in any spelling.
  const tokenId = typeof jti === 'string' && isSameToken(jti, token) ? undefined : jti;
  const claims = readPayload({ ...answer, sub: subject, jti: tokenId }, issuer);
  if (typeof claims === 'string') return claims;
  return { ...claims, reported: claims.tokenId === undefined ? nameByClaims(answer) : undefined };
}

/**
 * One text for the token that its server reports without an id: subject, client, `iat` and `exp` as a JSON array.
 * `undefined` where the server says too little to tell the token from others.
 */
function nameByClaims({ sub, client_id: client, iat, exp }: Answer): string | undefined {
  const isNamed = (sub ?? client) !== undefined && iat !== undefined && exp !== undefined;
  return isNamed ? JSON.stringify([sub ?? null, client ?? null, iat, exp]) : undefined;
}
