import { LOGIN_SECONDS } from '../jwt/key-ring.ts';
import type { CredentialCheck } from './credential-check.ts';
import type { KnownDevices } from './known-devices.ts';
import type { IssuedToken, TokenMint } from './token-mint.ts';

export interface LogInParts {
  readonly credentials: Pick<CredentialCheck, 'check'>;
  readonly mint: TokenMint;
  readonly devices: Pick<KnownDevices, 'prove'>;
}

/** The name or the password is wrong, or the queue for hashing is full. */
export interface LogInRefused {
  readonly outcome: 'refused';
  readonly reason: 'credentials_invalid' | 'too_many_attempts';
  /** For the log. */
  readonly check: string;
  /** For the log, too: the account whose password was compared. */
  readonly accountId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** Logs an account in: a token of one hour. */
export class LogIn {
  private readonly parts: LogInParts;

  constructor(parts: LogInParts) {
    this.parts = parts;
  }

  /**
   * @param client its address, where that is known.
   * @param options `scopes` of the token, the account's without them; the proof of a device that the client presents.
   * @returns with a token a new proof of the device, for whoever can keep one.
   */
  async logIn(
    name: string,
    password: string,
    client: string | undefined,
    options: { readonly scopes?: readonly []; readonly deviceProof?: string | undefined } = {},
  ): Promise<(IssuedToken & { readonly accountId: string; readonly deviceProof: string }) | LogInRefused> {
    const { credentials, mint, devices } = this.parts;
    const createdAtSeconds = mint.nowSeconds();
    const found = await credentials.check(name, password, client, options.deviceProof);
    if (found.outcome === 'refused') return found;
    const { id: accountId } = found.account;
    const scopes = options.scopes ?? found.account.scopes;
    const expiresAtSeconds = createdAtSeconds + LOGIN_SECONDS;
    const token = mint.draft({ accountId, use: 'login', scopes, createdAtSeconds, expiresAtSeconds });
    const deviceProof = devices.prove(found.account, options.deviceProof);
    return { ...(await mint.issue(token)), accountId, deviceProof };
  }
}
