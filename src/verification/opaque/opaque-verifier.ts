import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { Refusal, VerificationResult } from '../../core/credential/verified-credential.ts';
import type { Clock, TokenExaminer, Verifier } from '../../core/ports.ts';
import type { Instant } from '../../core/request.ts';
import type { Standing } from '../../core/standing.ts';
import { isEnded } from '../../core/standing.ts';
import { instantAfter } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { revokedThumbprintKey } from '../../revocation-set/entry-keys.ts';
import { checkOf } from '../jwt.ts';
import type { OpaqueToken } from '../opaque-token.ts';
import { readOpaque } from '../opaque-token.ts';
import type { TokenCache } from '../token-cache.ts';
import { formFinding } from '../token-finding.ts';
import type { CredentialParts } from '../verified-token.ts';
import { refusePremature, refuseToken, toCredential } from '../verified-token.ts';
import type { ReportedClaims } from './answer.ts';
import { answerFinding, judgeAnswer, withoutToken } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { firstVerified } from './first-verified.ts';
import { RefusedTokens } from './refused-tokens.ts';
import { isForAnother } from './shared-server.ts';

/** The longest time that a response may stay valid (contract section 3). */
const MAX_CACHE_MS = 10_000;

/** The token must be verified again at each decision; its cache entry only shows that it has been valid. */
const ALWAYS: Instant = { monotonicMs: Number.NEGATIVE_INFINITY, wallMs: Number.NEGATIVE_INFINITY };

/** An issuer with opaque tokens, and its introspection endpoint. */
export interface IssuerWithEndpoint {
  readonly config: IntrospectionIssuer;
  readonly endpoint: Pick<Endpoint, 'ask'>;
}

export interface OpaqueVerifierParts extends CredentialParts {
  readonly issuers: readonly IssuerWithEndpoint[];
  readonly cache: Pick<TokenCache, 'add' | 'last'>;
  readonly standings: CredentialParts['standings'] & { peek(key: string): Standing | undefined };
  readonly clock: Clock;
}

/**
 * Verifies opaque bearer tokens by introspection (RFC 7662). Asks all issuers at once, so that none waits for another;
 * the first that vouches for the token is its issuer. Concurrent verifications of one token share their requests.
 */
export class OpaqueVerifier implements Verifier, TokenExaminer {
  private readonly parts: OpaqueVerifierParts;
  private readonly refused: RefusedTokens;
  private readonly running = new Map<string, Promise<VerificationResult>>();

  constructor(parts: OpaqueVerifierParts) {
    this.parts = parts;
    this.refused = new RefusedTokens(parts.clock);
  }

  async verify({ value }: PresentedCredential): Promise<VerificationResult> {
    const token = this.read(value);
    if ('outcome' in token) return token;
    return this.findRevoked(value, token) ?? this.find(value, token);
  }

  async examine(value: string): Promise<VerificationResult> {
    const token = this.read(value);
    return 'outcome' in token ? token : this.find(value, token);
  }

  private read(value: string): OpaqueToken | Refusal {
    const { maxTokenLength } = this.parts;
    const token = readOpaque(value, maxTokenLength);
    if (typeof token !== 'string') return token;
    return refuseToken(checkOf(token, maxTokenLength), undefined, formFinding(token, value, maxTokenLength));
  }

  /** Finds refusals by the token's spelling, because a server need not accept every spelling. */
  private find(value: string, token: OpaqueToken): Refusal | Promise<VerificationResult> {
    return this.refused.find(token.spelling) ?? this.ask(value, token);
  }

  /** A token that is known to be revoked is refused without a request, even while its server is down. */
  private findRevoked(value: string, token: OpaqueToken): Refusal | undefined {
    const last = this.parts.cache.last(value);
    const byThumbprint = thumbprintsOf(token).map((print) => this.parts.standings.peek(revokedThumbprintKey(print)));
    const standings = [...(last?.standings ?? []), ...byThumbprint.filter((standing) => standing !== undefined)];
    const issuedAtSeconds = last?.issuedAtSeconds ?? Number.NEGATIVE_INFINITY;
    const nowMs = this.parts.clock.wallMs();
    if (!standings.some((entry) => isEnded(entry, issuedAtSeconds, nowMs))) return undefined;
    return { outcome: 'refused', reason: 'token_revoked', check: 'revocation', issuer: last?.identity.issuer };
  }

  private ask(value: string, token: OpaqueToken): Promise<VerificationResult> {
    const { spelling } = token;
    const running = this.running.get(spelling);
    if (running !== undefined) return running;
    const started = this.askAll(value, token).finally(() => this.running.delete(spelling));
    this.running.set(spelling, started);
    return started;
  }

  private async askAll(value: string, token: OpaqueToken): Promise<VerificationResult> {
    const { issuers, clock, cache } = this.parts;
    const result = await firstVerified(issuers.map((issuer) => this.askOne(value, token, issuer)));
    if (result.outcome === 'refused') {
      if (result.reason === 'token_invalid') this.refused.add(token.spelling, result);
      return result;
    }
    const vouching = issuers.find(({ config }) => config.name === result.identity.issuer);
    const mayReuse = vouching?.config.introspection.cacheMs !== 0;
    if (result.validUntilMs > clock.wallMs()) cache.add(value, mayReuse ? result : { ...result, reverifyAt: ALWAYS });
    return result;
  }

  private async askOne(
    value: string,
    token: OpaqueToken,
    { config, endpoint }: IssuerWithEndpoint,
  ): Promise<VerificationResult> {
    const { name, introspection } = config;
    const reverifyAt = this.askAgainAfter(introspection.cacheMs);
    const wasGood = this.parts.cache.last(value)?.identity.issuer === name;
    const reply = await endpoint.ask(value, wasGood);
    if ('failure' in reply) {
      const check = { name: 'introspection', failure: reply.failure } as const;
      return { outcome: 'refused', reason: 'unavailable', check, issuer: name };
    }
    const answer = withoutToken(reply.answer, value);
    if (isForAnother(answer, config, this.parts.issuers)) return refuseToken('aud of several issuers', name);
    const claims = judgeAnswer(answer, config);
    if (typeof claims !== 'string') return this.accept(claims, answer, token, config, reverifyAt);
    return refuseToken(claims, name, answerFinding(claims, answer, config));
  }

  private accept(
    claims: ReportedClaims,
    payload: JsonObject,
    token: OpaqueToken,
    { name: issuer, introspection }: IntrospectionIssuer,
    reverifyAt: Instant,
  ): VerificationResult {
    const { reported } = claims;
    const premature = refusePremature(claims, issuer, this.parts.clock.wallMs(), this.parts.clockSkewMs);
    if (premature !== undefined) return premature;
    const key = { kid: undefined, inForce: { inForce: true } };
    const thumbprints = thumbprintsOf(token);
    const verified = {
      claims,
      payload,
      issuer,
      thumbprints,
      key,
      reported,
      reverifyAt,
      uncacheable: introspection.cacheMs === 0,
    };
    return toCredential(verified, this.parts);
  }

  /** Counted from the request. A response that may not be cached stays valid for the decision that waits for it. */
  private askAgainAfter(cacheMs: number): Instant {
    return instantAfter(this.parts.clock, cacheMs === 0 ? MAX_CACHE_MS : cacheMs);
  }
}

/** An entry identifies a normal form; one that was written by hand, or by an older version, may identify the spelling. */
function thumbprintsOf({ thumbprints, spelling }: OpaqueToken): readonly string[] {
  return thumbprints.includes(spelling) ? thumbprints : [...thumbprints, spelling];
}
