import type { IntrospectionIssuer } from '../config/config.ts';
import type { PresentedCredential } from '../core/credential.ts';
import type { AskAgain, Finding, Refusal } from '../core/known.ts';
import type { Clock, Verifier } from '../core/ports.ts';
import type { Standing } from '../core/standing.ts';
import { isEnded } from '../core/standing.ts';
import type { KnownTokens } from '../jwt/known-tokens.ts';
import { readOpaque } from '../jwt/token.ts';
import type { CredentialParts } from '../jwt/verified-token.ts';
import { prematureClaim, toCredential } from '../jwt/verified-token.ts';
import { revokedThumbprintKey } from '../revocation/keys.ts';
import type { Answer } from './answer.ts';
import { judgeAnswer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { firstKnown } from './first-known.ts';
import { RefusedTokens } from './refused-tokens.ts';

/** What an answer may count at most (contract section 3). */
const MAX_CACHE_MS = 10_000;

/** An issuer whose tokens are opaque, and where to ask about them. */
export interface AskedIssuer {
  readonly config: IntrospectionIssuer;
  readonly endpoint: Pick<Endpoint, 'ask'>;
}

export interface OpaqueVerifierParts extends CredentialParts {
  readonly issuers: readonly AskedIssuer[];
  readonly known: Pick<KnownTokens, 'add' | 'last'>;
  readonly standings: CredentialParts['standings'] & { peek(key: string): Standing | undefined };
  readonly clock: Clock;
}

/**
 * Verifies opaque bearer tokens by asking (RFC 7662): every issuer at once, so that none waits for another, and the
 * first that vouches for a token has it. A token is in question once at a time.
 */
export class OpaqueVerifier implements Verifier {
  private readonly parts: OpaqueVerifierParts;
  private readonly refused: RefusedTokens;
  private readonly open = new Map<string, Promise<Finding>>();

  constructor(parts: OpaqueVerifierParts) {
    this.parts = parts;
    this.refused = new RefusedTokens(parts.clock);
  }

  async verify({ value }: PresentedCredential): Promise<Finding> {
    const token = readOpaque(value);
    if (typeof token === 'string') return refuse(token);
    const { thumbprint } = token;
    return this.findRevoked(value, thumbprint) ?? this.refused.find(thumbprint) ?? this.ask(value, thumbprint);
  }

  /** What is known to be ended needs nobody's word, whoever can be asked. */
  private findRevoked(token: string, thumbprint: string): Refusal | undefined {
    const last = this.parts.known.last(token);
    const named = this.parts.standings.peek(revokedThumbprintKey(thumbprint));
    const standings = [...(last?.standings ?? []), ...(named === undefined ? [] : [named])];
    const issuedAtSeconds = last?.issuedAtSeconds ?? Number.NEGATIVE_INFINITY;
    const nowMs = this.parts.clock.wallMs();
    if (!standings.some((entry) => isEnded(entry, issuedAtSeconds, nowMs))) return undefined;
    return { outcome: 'refused', reason: 'token_revoked', check: 'revocation', issuer: last?.identity.issuer };
  }

  private ask(token: string, thumbprint: string): Promise<Finding> {
    const running = this.open.get(thumbprint);
    if (running !== undefined) return running;
    const asked = this.askAll(token, thumbprint).finally(() => this.open.delete(thumbprint));
    this.open.set(thumbprint, asked);
    return asked;
  }

  private async askAll(token: string, thumbprint: string): Promise<Finding> {
    const { issuers, clock, known } = this.parts;
    const finding = await firstKnown(issuers.map((issuer) => this.askOne(token, thumbprint, issuer)));
    if (finding.outcome === 'refused') {
      if (finding.reason === 'token_invalid') this.refused.add(thumbprint, finding);
      return finding;
    }
    const vouching = issuers.find(({ config }) => config.name === finding.identity.issuer);
    const isKept = vouching?.config.introspection.cacheMs !== 0 && finding.validUntilMs > clock.wallMs();
    if (isKept) known.add(token, finding);
    return finding;
  }

  private async askOne(token: string, thumbprint: string, { config, endpoint }: AskedIssuer): Promise<Finding> {
    const { name, introspection } = config;
    const askAgain = this.askAgainAfter(introspection.cacheMs);
    const wasGood = this.parts.known.last(token)?.identity.issuer === name;
    const reply = await endpoint.ask(token, wasGood);
    if ('failure' in reply) {
      return { outcome: 'refused', reason: 'unavailable', check: `introspection: ${reply.failure}`, issuer: name };
    }
    return this.judge(reply.answer, token, thumbprint, config, askAgain);
  }

  private judge(
    answer: Answer,
    token: string,
    thumbprint: string,
    config: IntrospectionIssuer,
    askAgain: AskAgain,
  ): Finding {
    const { name } = config;
    const claims = judgeAnswer(answer, token, config);
    if (typeof claims === 'string') return refuse(claims, name);
    const premature = prematureClaim(claims, this.parts.clock.wallMs() + this.parts.clockSkewMs);
    if (premature !== undefined) return refuse(premature, name);
    const key = { kid: undefined, inForce: { inForce: true } };
    return toCredential({ claims, issuer: name, thumbprint, key, askAgain }, this.parts);
  }

  /** Counted from the question. One that is not kept counts for the decision that waited for it. */
  private askAgainAfter(cacheMs: number): AskAgain {
    const { clock } = this.parts;
    const countsMs = cacheMs === 0 ? MAX_CACHE_MS : cacheMs;
    return { atMonotonicMs: clock.monotonicMs() + countsMs, atWallMs: clock.wallMs() + countsMs };
  }
}

function refuse(check: string, issuer?: string): Refusal {
  return { outcome: 'refused', reason: 'token_invalid', check, issuer };
}
