import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import type { VerifiedCredential } from '../core/verified-credential.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import type { AccountStore } from './account-store.ts';

/** A caller's right to make tokens for an account, as it was at one moment. */
export interface Authority {
  readonly accountId: string;
  /** The account's version then. Nothing is recorded once the account has another one, or is disabled. */
  readonly accountVersion: number;
  /** Unix seconds, whole: a moment before the credential was checked, by which what is made is dated. */
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
 * Tells what authority a caller has. The order is what makes it sound:
 *
 * 1. the moment is taken;
 * 2. the credential is found to be good;
 * 3. the account's version is read. For a password that is done where the password is compared, with the same record;
 * 4. for a token, the store is asked whether it has ended. What this instance knows would be up to `maxStaleness` old.
 *
 * A change of the account that ends its tokens raises the version and sets the mark together. If it comes before step 3,
 * its mark is there at step 4, at or behind the date of every token that was recorded before the change: the token counts
 * no more. If it comes after step 3, the version is another one when the new token is to be recorded. No time is
 * compared with another machine's.
 */
export class Authorities {
  private readonly parts: AuthoritiesParts;

  constructor(parts: AuthoritiesParts) {
    this.parts = parts;
  }

  /** Unix seconds, whole; step 1. */
  nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }

  /**
   * Steps 3 and 4, for one of our own credentials that was found to be good.
   *
   * @param atSeconds the moment of step 1.
   * @returns `undefined` where the account is gone or disabled, or the token has ended meanwhile.
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

/** Whether the store, asked now, ends the token that an authority rests on. */
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
