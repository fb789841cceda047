import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import type { AccountStore } from './account-store.ts';

/** A caller's right to issue tokens for an account, as of one moment. */
export interface Authority {
  readonly accountId: string;
  /** The account's version at that moment. Nothing is recorded once the account has another version or is disabled. */
  readonly accountVersion: number;
  /** Whole Unix seconds: a moment before the credential was checked. New tokens get it as their time of issue. */
  readonly atSeconds: number;
  /** The token that the caller presented; `undefined` for a password. */
  readonly token: Pick<VerifiedCredential, 'standings' | 'issuedAtSeconds'> | undefined;
}

export interface AuthoritiesParts {
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly revocations: RevocationReader;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/**
 * Determines the authority of a caller. It is sound because of this order:
 *
 * 1. The current time is read.
 * 2. The credential is verified.
 * 3. The account's version is read. For a password, it comes from the record with which the password is compared.
 * 4. For a token, the store is read to see whether the token has ended, because this instance's own knowledge may be up
 *    to `maxStaleness` old.
 *
 * A change that ends the account's tokens raises the version and the mark together. If it happens before step 3, step 4
 * sees its mark, which is no earlier than the issue of any token recorded before the change, so the presented token is
 * no longer valid. If it happens after step 3, the version differs when the new token is to be recorded. Clocks of
 * different machines are never compared.
 */
export class Authorities {
  private readonly parts: AuthoritiesParts;

  constructor(parts: AuthoritiesParts) {
    this.parts = parts;
  }

  /** Step 1: returns the current time in whole Unix seconds. */
  nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }

  /**
   * Steps 3 and 4, for a verified credential of our own.
   *
   * @param atSeconds the time from step 1.
   * @returns `undefined` if the account was removed or is disabled, or if the token has ended.
   */
  async of(credential: VerifiedCredential, atSeconds: number): Promise<Authority | undefined> {
    const { identity, use, accountVersion } = credential;
    const accountId = identity.subject ?? '';
    if (use === 'password') {
      return accountVersion === undefined ? undefined : { accountId, accountVersion, atSeconds, token: undefined };
    }
    const account = await this.parts.accounts.findById(accountId);
    if (account === undefined || account.disabled) return undefined;
    const authority = { accountId, accountVersion: account.version, atSeconds, token: credential };
    return (await hasEnded(authority, this.parts)) ? undefined : authority;
  }
}

/** Reads from the store whether the token on which an authority rests has ended; `false` for a password. */
export async function hasEnded(
  { token }: Authority,
  { revocations, clock }: Pick<AuthoritiesParts, 'revocations' | 'clock'>,
): Promise<boolean> {
  if (token === undefined) return false;
  const keys = token.standings.map(({ key }) => key);
  const values = await revocations.read(keys);
  const nowSeconds = clock.wallMs() / 1000;
  return keys.some((key, index) => {
    const value = values[index];
    if (value === undefined) return false;
    const { issuedUpToSeconds, fromSeconds } = readReach(key, value);
    return token.issuedAtSeconds <= issuedUpToSeconds && nowSeconds >= fromSeconds;
  });
}
