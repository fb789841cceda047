import type { Door, Instant } from '../request.ts';

/** The longest signed identity that is sent, in characters: many servers take no more than 8 KiB for all headers. */
export const LONGEST_UPSTREAM_TOKEN = 6_144;

/** A signed identity for upstreams. It is signed once for a credential, kept with it, and replaced before it ends. */
export interface UpstreamToken {
  /** The JWT; `undefined` if it is too long for a header. */
  readonly value: string | undefined;
  readonly signedAt: Instant;
  /** The age from which another one is signed while this one is in use; `Infinity` if another one would end no later. */
  readonly renewAfterMs: number;
  /** The age from which a request waits for another one, if one can be had; likewise. */
  readonly lateAfterMs: number;
  /** The age at which it ends. */
  readonly lifeMs: number;
  /** Whether the key that signed it is still in force; changes in place. */
  readonly key: { readonly inForce: boolean };
}

/** What has been made of a credential for upstreams; changed in place. */
export interface ForUpstreams {
  token: UpstreamToken | undefined;
  /** Whether a token will be made, for which a cache must have room. False by default. */
  readonly isSigned?: boolean;
  /** The answer that allows a request with the credential, if nothing else changes it; `undefined` until there is one. */
  answer?: KeptAnswer | undefined;
}

/** An answer of a gateway's door. */
export interface KeptAnswer {
  /** What made it; another configuration has another one. */
  readonly by: object;
  /** The signed identity that it holds. */
  readonly token: UpstreamToken | undefined;
  readonly bytes: Buffer;
  /** Where the length of the part that allows is; the metadata follow it. */
  readonly okAt: number;
  /** Where the length of the metadata is, which end the answer. */
  readonly metadataAt: number;
  /** What is put behind it for a gateway that keeps it; `undefined` until that is needed. */
  tails?: KeptTails | undefined;
}

/** What an answer says for a gateway that keeps it, encoded, by the pattern of the route. */
export interface KeptTails {
  /** What does not depend on the route. */
  readonly keep: string;
  readonly byRoute: Map<string, Buffer>;
}

/** Returns what there is of a credential for upstreams when it has just been verified. */
export function nothingMade(isSigned = false): ForUpstreams {
  return { token: undefined, isSigned, answer: undefined };
}

/** Whether requests at a door reach an upstream by way of the gateway that asks. */
export function hasUpstream(door: Door): boolean {
  return door === 'ext-authz' || door === 'forward-auth';
}

/** `none`: there is none that may be sent. `late`: it may be sent, but the upstream may receive it when it has ended. */
export type TokenState = 'fresh' | 'late' | 'none';

/** Whether the token that is kept with a credential may be sent now. */
export function stateOf({ token }: ForUpstreams, now: Instant): TokenState {
  if (token === undefined || !token.key.inForce) return 'none';
  const ageMs = ageOf(token, now);
  if (ageMs >= token.lifeMs) return 'none';
  return ageMs >= token.lateAfterMs ? 'late' : 'fresh';
}

/** Whether another token should be signed now. */
export function isRenewalDue({ token }: ForUpstreams, now: Instant): boolean {
  return token !== undefined && ageOf(token, now) >= token.renewAfterMs;
}

/** For how long the kept token may still be sent, in milliseconds; `Infinity` without one. */
export function restOf({ token }: ForUpstreams, now: Instant): number {
  return token === undefined ? Number.POSITIVE_INFINITY : token.lifeMs - ageOf(token, now);
}

/** By the clock that says more: the monotonic one may stand still, and the wall clock may be set, either way. */
function ageOf({ signedAt }: UpstreamToken, { monotonicMs, wallMs }: Instant): number {
  return Math.max(monotonicMs - signedAt.monotonicMs, Math.abs(wallMs - signedAt.wallMs));
}
