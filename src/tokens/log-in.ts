import type { CredentialCheck, LogInObserver } from '../accounts/credential-check.ts';
import type { KnownDevices } from '../accounts/guesses/known-devices.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { PasswordCheck } from '../core/check.ts';
import { LOGIN_SECONDS } from '../signing/key-life.ts';
import type { ClockBehind, IssuedToken, NoAuthority, TokenMint } from './token-mint.ts';

export interface LogInParts {
  readonly credentials: Pick<CredentialCheck, 'check'>;
  readonly mint: TokenMint;
  readonly devices: Pick<KnownDevices, 'prove'>;
  readonly audit: Pick<AuditLog, 'loggedIn'>;
  readonly observer: LogInObserver;
}

/** The name or the password is wrong, there were too many attempts, or this instance's clock is too far behind. */
export interface LogInRefused {
  readonly outcome: 'refused';
  readonly reason: 'credentials_invalid' | 'too_many_attempts' | 'unavailable';
  /** For the log only. */
  readonly check: PasswordCheck | 'the clock is behind';
  /** The account whose password was compared; likewise for the log only. */
  readonly accountId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

export interface LogInOptions {
  /** The scopes of the token; the account's scopes by default. */
  readonly scopes?: readonly [];
  /** The proof of a known device, if the client presents one. */
  readonly deviceProof?: string | undefined;
}

export type LogInResult = (IssuedToken & { readonly accountId: string; readonly deviceProof: string }) | LogInRefused;

/** Logs an account in: issues a token that is valid for one hour, and writes an audit record. */
export class LogIn {
  private readonly parts: LogInParts;

  constructor(parts: LogInParts) {
    this.parts = parts;
  }

  /**
   * @param client the client's address.
   * @returns a token and a new proof of the device, for clients that can store it.
   */
  async logIn(name: string, password: string, client: string, options: LogInOptions = {}): Promise<LogInResult> {
    const { audit, observer } = this.parts;
    const result = await this.issue(name, password, client, options);
    if (result.outcome === 'refused') observer.logInRefused(client, result);
    else audit.loggedIn({ account: result.accountId, client }, result.id);
    return result;
  }

  private async issue(name: string, password: string, client: string, options: LogInOptions): Promise<LogInResult> {
    const { credentials, mint, devices } = this.parts;
    const atSeconds = mint.nowSeconds();
    const found = await credentials.check(name, password, client, options.deviceProof);
    if (found.outcome === 'refused') return found;
    const { id: accountId, version: accountVersion } = found.account;
    const authority = { accountId, accountVersion, atSeconds, token: undefined };
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return refuse(dated);
    const scopes = options.scopes ?? found.account.scopes;
    const { createdAtSeconds } = dated;
    const expiresAtSeconds = createdAtSeconds + LOGIN_SECONDS;
    const token = mint.draft({ accountId, use: 'login', scopes, createdAtSeconds, expiresAtSeconds });
    const issued = await mint.issue(token, authority);
    if (issued.outcome !== 'issued') return refuse(issued);
    return { ...issued, accountId, deviceProof: devices.prove(found.account, options.deviceProof) };
  }
}

function refuse(failure: NoAuthority | ClockBehind): LogInRefused {
  if (failure.outcome === 'no_authority') {
    return { outcome: 'refused', reason: 'credentials_invalid', check: 'the account was changed meanwhile' };
  }
  const { retryAfterSeconds } = failure;
  return { outcome: 'refused', reason: 'unavailable', check: 'the clock is behind', retryAfterSeconds };
}
