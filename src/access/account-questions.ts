import type { Account } from '../accounts/account.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { CredentialCache, VerifiedCredential } from '../core/credential/verified-credential.ts';
import { type BatchDecider, StoreError } from '../core/ports.ts';
import { nothingMade } from '../core/upstream/upstream-token.ts';
import { within } from '../lib/timers/within.ts';
import { AccessQuestions, type AccessQuestionsParts } from './access-questions.ts';

/** A credential of no meaning, with which a question about an account is asked. */
export const ASSERTED = 'Bearer asserted';

export interface AccountQuestionsParts extends Pick<AccessQuestionsParts, 'catalogue'> {
  readonly accounts: Pick<AccountStore, 'find' | 'findById'>;
  /** The name of our own issuer, to which accounts belong. */
  readonly issuer: string;
  readonly generation: number;
  /** Makes a decider of the gateways' doors that knows these credentials and no others. */
  readonly deciderWith: (known: CredentialCache) => BatchDecider;
  /** How long an account is waited for, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Answers policy clients that ask about an account instead of a token. The client vouches that the account's owner is
 * there, so only what the account may do is decided: its scopes as of now, and whether it is disabled.
 */
export class AccountQuestions {
  private readonly parts: AccountQuestionsParts;

  constructor(parts: AccountQuestionsParts) {
    this.parts = parts;
  }

  /**
   * Resolves to what answers questions about one account, asked with {@link ASSERTED}; to `undefined` if there is no
   * such account or it is disabled. An id goes before a name. Rejects if the store cannot be read in time.
   */
  async about(idOrName: string): Promise<AccessQuestions | undefined> {
    const { deciderWith, catalogue, limitMs } = this.parts;
    const late = () => new StoreError(`an account could not be read within ${limitMs} ms`);
    const account = await within(this.find(idOrName), limitMs, late);
    if (account === undefined || account.disabled) return undefined;
    const credential = this.credentialOf(account);
    return new AccessQuestions({ decider: deciderWith({ find: () => credential }), catalogue });
  }

  private async find(idOrName: string): Promise<Account | undefined> {
    const { accounts } = this.parts;
    return (await accounts.findById(idOrName)) ?? (await accounts.find(idOrName));
  }

  private credentialOf({ id, scopes }: Account): VerifiedCredential {
    return {
      outcome: 'verified',
      identity: { issuer: this.parts.issuer, subject: id, tokenId: undefined, scheme: 'bearer', scopes },
      granted: new Set(scopes),
      use: undefined,
      validUntilMs: Number.POSITIVE_INFINITY,
      issuedAtSeconds: Number.POSITIVE_INFINITY,
      generation: this.parts.generation,
      key: { inForce: true },
      standings: [],
      // Nothing says when the account is changed.
      uncacheable: true,
      upstream: nothingMade(),
      lastUse: undefined,
    };
  }
}
