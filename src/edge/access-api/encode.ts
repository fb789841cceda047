import type { WatchedKeep } from '../../access/watched-keep.ts';
import { answerTo, messageFor } from '../../core/answer.ts';
import type { Identity } from '../../core/credential/verified-credential.ts';
import type { Allow, Decision, Deny } from '../../core/decision.ts';
import type { ActiveToken } from '../../tokens/introspect-token.ts';
import { membersOf } from '../../tokens/introspection-members.ts';
import type { AuthorizeResponse, IdentityMessage, IntrospectResponse, Timestamp } from './messages.ts';

/** The end of the year 9999 in Unix milliseconds, the last that a Timestamp may name. */
const LAST_TIMESTAMP_MS = 253_402_300_799_999;

/**
 * @param clockSkewMs for how long a token is accepted after it has expired.
 * @param watchedKeep how long a caller that follows the revocation set may keep an allow.
 */
export function encodeDecision(
  decision: Decision,
  clockSkewMs: number,
  watchedKeep: Pick<WatchedKeep, 'ofAllow'>,
): AuthorizeResponse {
  if (decision.outcome === 'deny') return encodeDeny(decision);
  return encodeAllow(decision, clockSkewMs, watchedKeep.ofAllow(decision));
}

function encodeAllow(
  { route, credential, shadowed, keepMs }: Allow,
  clockSkewMs: number,
  watchedKeepMs: number,
): AuthorizeResponse {
  const matched = { allowed: true, http_status: 200, ...(route === undefined ? {} : { route: route.pattern }) };
  if (shadowed !== undefined) return { ...matched, shadowed_reason: shadowed.reason };
  if (credential === undefined) return matched;
  const expiresAt = timestampOf(credential.validUntilMs - clockSkewMs);
  return {
    ...matched,
    identity: identityOf(credential.identity),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    keep_ms: keepMs,
    revocation_keys: credential.standings.map(({ key }) => key),
    watched_keep_ms: watchedKeepMs,
  };
}

function encodeDeny(denial: Deny): AuthorizeResponse {
  const { status, challenges, retryAfterSeconds } = answerTo(denial);
  return {
    allowed: false,
    reason: denial.reason,
    http_status: status,
    message: messageFor(denial),
    challenges,
    ...(denial.route === undefined ? {} : { route: denial.route.pattern }),
    ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
  };
}

function identityOf({ issuer, subject, tokenId, scheme, scopes }: Identity): IdentityMessage {
  return {
    issuer,
    ...(subject === undefined ? {} : { subject }),
    ...(tokenId === undefined ? {} : { token_id: tokenId }),
    scheme,
    scopes,
  };
}

/** Returns `undefined` for a time that no Timestamp can name, as for a credential that does not expire. */
function timestampOf(unixMs: number): Timestamp | undefined {
  if (!(Math.abs(unixMs) <= LAST_TIMESTAMP_MS)) return undefined;
  const seconds = Math.floor(unixMs / 1000);
  return { seconds, nanos: Math.floor((unixMs - seconds * 1000) * 1_000_000) };
}

/** Encodes an active token; the others are `{ active: false }` and nothing else. */
export function encodeActive(found: ActiveToken, watchedKeep: Pick<WatchedKeep, 'ofToken'>): IntrospectResponse {
  const { aud, ...members } = membersOf(found);
  const audience = aud === undefined ? {} : { aud: [aud].flat() };
  const { identity, standings } = found.credential;
  return {
    active: true,
    ...members,
    ...audience,
    issuer: identity.issuer,
    revocation_keys: standings.map(({ key }) => key),
    watched_keep_ms: watchedKeep.ofToken(found.credential),
  };
}
