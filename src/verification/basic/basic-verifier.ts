import type { Account } from '../../accounts/account.ts';
import type { AccountStore } from '../../accounts/account-store.ts';
import type { CredentialCheck } from '../../accounts/credential-check.ts';
import type { PasswordCheck } from '../../core/check.ts';
import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { Refusal, VerificationResult, VerifiedCredential } from '../../core/credential/verified-credential.ts';
import type { Clock, Verifier } from '../../core/ports.ts';
import type { ClientAddress, Instant } from '../../core/request.ts';
import type { Standing } from '../../core/standing.ts';
import { nothingMade } from '../../core/upstream/upstream-token.ts';
import { instantAfter } from '../../lib/clock.ts';
import { subjectMarkKey } from '../../revocation-set/entry-keys.ts';
import type { Standings } from '../../revocation-set/standings.ts';
import { readBasicPair } from './basic-pair.ts';
import type { PasswordCache } from './password-cache.ts';
import { markOf } from './password-cache.ts';

/** How long verified credentials may be cached, even if their account does not change. */
const CACHE_MS = 60_000;
/** The greatest mark that can be written. It cannot rise, so it can no longer signal a change. */
const LAST_MARK_SECONDS = 999_999_999_999_999;

export interface BasicVerifierParts {
  readonly credentials: Pick<CredentialCheck, 'check'>;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly standings: Pick<Standings, 'at' | 'refresh'>;
  readonly cache: Pick<PasswordCache, 'add'>;
  readonly clock: Clock;
  /** The name of our own issuer, to which accounts belong. */
  readonly issuer: string;
  readonly generation: number;
}

/** Verifies Basic credentials (RFC 7617) against the store's accounts. */
export class BasicVerifier implements Verifier {
  private readonly parts: BasicVerifierParts;

  constructor(parts: BasicVerifierParts) {
    this.parts = parts;
  }

  async verify({ value }: PresentedCredential, client?: ClientAddress): Promise<VerificationResult> {
    const pair = readBasicPair(value);
    if (pair === undefined) return refuse('credentials_invalid', 'form');
    const reverifyAt = instantAfter(this.parts.clock, CACHE_MS);
    const result = await this.parts.credentials.check(pair.name, pair.password, client?.());
    if (result.outcome === 'refused') return refuse(result.reason, result.check, result.retryAfterSeconds);
    return this.cache(value, result.account, reverifyAt);
  }

  /** Reads the mark before the account, so that a later change of the account is always visible as a higher mark. */
  private async cache(value: string, verified: Account, reverifyAt: Instant): Promise<VerificationResult> {
    const { standings, accounts, cache, issuer } = this.parts;
    const mark = standings.at(subjectMarkKey(issuer, verified.id));
    const draft = this.credentialOf(verified, [mark], reverifyAt);
    await standings.refresh(draft);
    const markSeconds = markOf(draft);
    const account = await accounts.findById(verified.id);
    if (account === undefined || account.disabled || account.passwordHash !== verified.passwordHash) {
      return refuse('credentials_invalid', 'changed meanwhile');
    }
    // The account was read just now, and a mark revokes tokens, not passwords. Do not cache.
    if (markSeconds >= LAST_MARK_SECONDS) return this.credentialOf(account, [], reverifyAt);
    const credential = this.credentialOf(account, draft.standings, reverifyAt);
    cache.add(value, credential, markSeconds);
    return credential;
  }

  private credentialOf(
    { id, scopes, version }: Account,
    standings: Standing[],
    reverifyAt: Instant,
  ): VerifiedCredential {
    return {
      outcome: 'verified',
      identity: { issuer: this.parts.issuer, subject: id, tokenId: undefined, scheme: 'basic', scopes },
      granted: new Set(scopes),
      use: 'password',
      accountVersion: version,
      validUntilMs: Number.POSITIVE_INFINITY,
      // Later than any mark.
      issuedAtSeconds: Number.POSITIVE_INFINITY,
      generation: this.parts.generation,
      key: { inForce: true },
      reverifyAt,
      upstream: nothingMade(),
      standings,
      lastUse: undefined,
    };
  }
}

function refuse(
  reason: 'credentials_invalid' | 'too_many_attempts',
  check: PasswordCheck | 'form' | 'changed meanwhile',
  retryAfterSeconds?: number,
): Refusal {
  return { outcome: 'refused', reason, check: { name: 'basic', check }, retryAfterSeconds };
}
