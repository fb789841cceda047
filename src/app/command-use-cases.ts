import { existsSync } from 'node:fs';
import type { Account } from '../accounts/account.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { Accounts } from '../accounts/accounts.ts';
import { LOG_IN_HISTORY, LogInDigests } from '../accounts/guesses/log-in-digests.ts';
import { Passwords } from '../accounts/passwords/passwords.ts';
import { unlockAccount } from '../accounts/unlock-account.ts';
import type { Operator } from '../audit/actor.ts';
import type { Config, StoreConfig } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { systemClock } from '../lib/clock.ts';
import type { AcceptLossOutcome } from '../revocation/accept-loss.ts';
import { acceptLosses, hasLosses } from '../revocation/accept-loss.ts';
import { AdminRevocation } from '../revocation/admin-revocation.ts';
import type { RevocationResolverParts } from '../revocation/revocation-resolver.ts';
import { RevocationWriter } from '../revocation/revocation-writer.ts';
import { SigningKeyRevocation } from '../revocation/signing-key-revocation.ts';
import { UnrecordedBudget } from '../revocation/unrecorded-budget.ts';
import { Unrevoke } from '../revocation/unrevoke.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { ANY_EPOCH, checkedRevocations } from '../revocation-set/checked-revocations.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import { announceMissing } from '../revocation-set/epoch-watch.ts';
import type { ResealOutcome } from '../signing/key-management.ts';
import { KeyManagement } from '../signing/key-management.ts';
import { openOwnSealer, sealFileOf } from '../signing/own-sealer.ts';
import type { StoreUser } from '../store/open.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { MigrationReport } from '../tokens/migration-report.ts';
import { reportMigration } from '../tokens/migration-report.ts';
import { TokenViews } from '../tokens/token-views.ts';
import type { CommandAudit } from './command-audit.ts';
import { openAudit } from './command-audit.ts';
import type { OperatorRequest } from './command-issue.ts';
import { CommandRefused } from './command-refused.ts';
import { ownIssuer } from './own-signing.ts';

/** Longer than a decision would wait. */
const STORE_MS = 5_000;

/** The use cases for the command line, on a store that running instances may share. */
export class CommandUseCases {
  private readonly config: Config;
  private readonly store: Store;
  private readonly records: CommandAudit;
  private readonly err: (text: string) => void;

  constructor(config: Config, store: Store, records: CommandAudit, err: (text: string) => void) {
    this.config = config;
    this.store = store;
    this.records = records;
    this.err = err;
  }

  /** Adds, lists, changes and removes accounts. */
  get accounts(): Accounts {
    const { accounts } = this.store;
    return new Accounts({
      store: { accounts, revocations: revocationsIn(this.store) },
      passwords: new Passwords(),
      issuer: this.issuer.name,
      catalogue: this.config.scopes,
      clock: systemClock,
      audit: this.records.audit,
    });
  }

  /** Forgets the wrong passwords that were given for an account. */
  async unlockAccount(by: Operator, account: Account): Promise<void> {
    const { signingKeys, logInHistory } = this.store;
    // Names are hashed with a key that comes from the secret of our own signing keys.
    const sealer = await openOwnSealer(this.issuer, this.config.store, signingKeys);
    const digests = new LogInDigests(sealer.deriveKey(LOG_IN_HISTORY));
    await unlockAccount(by, account, { digests, logInHistory, audit: this.records.audit });
  }

  /** Accounts to look at. */
  get accountStore(): AccountStore {
    return this.store.accounts;
  }

  /** The tokens of an account as an operator sees them. */
  get tokenViews(): TokenViews {
    const { tokens } = this.store;
    const revocations = revocationsIn(this.store);
    return new TokenViews({ issuer: this.issuer.name, tokens, revocations, clock: systemClock });
  }

  get keys(): KeyManagement {
    const { issuer, config } = this;
    const { signingKeys: store } = this.store;
    return new KeyManagement({
      issuer,
      store,
      revocations: revocationsIn(this.store),
      openSealer: () => openOwnSealer(issuer, config.store, store),
      sealFile: sealFileOf(config.store),
      audit: this.records.audit,
      clock: systemClock,
      clockSkewMs: config.clockSkewMs,
    });
  }

  /** As {@link KeyManagement.reseal}; does nothing without an audit log. */
  async resealKeys(former: Uint8Array | undefined, by: Operator): Promise<ResealOutcome> {
    this.records.require();
    return await this.keys.reseal(former, by);
  }

  get keyRevocation(): SigningKeyRevocation {
    return new SigningKeyRevocation({
      issuer: this.issuer.name,
      list: () => this.keys.list(),
      openRing: () => this.keys.openRing(),
      revoke: this.revocationWriter,
    });
  }

  /** Revokes what any configured issuer issued. */
  get adminRevocation(): AdminRevocation {
    const unrecorded = new UnrecordedBudget(systemClock);
    return new AdminRevocation({ resolver: this.revocationResolver, writer: this.revocationWriter, unrecorded });
  }

  /** Takes revocations back. */
  get unrevoke(): Unrevoke {
    return new Unrevoke({ ...this.revoking, resolver: this.revocationResolver });
  }

  /** The entries of the revocation set as the store holds them, one after another. */
  get revocationEntries(): () => AsyncIterable<RevocationEntry> {
    return () => this.store.contents.readRevocations();
  }

  /**
   * Issues an access token or an API key for the account with this name or e-mail address, on the authority of an operator.
   * `account` is `undefined` if there is none. Throws {@link CommandRefused} if there is no signing key yet.
   */
  async issueToken(by: Operator, name: string, request: OperatorRequest) {
    const { issueFor } = await import('./command-issue.ts');
    return await issueFor(by, name, request, {
      config: this.config,
      issuer: this.issuer,
      store: this.store,
      revocations: revocationsIn(this.store),
      audit: this.records.audit,
      err: this.err,
    });
  }

  /** The value of an entry of the revocation set. */
  async revocationValue(key: string): Promise<string | undefined> {
    const [value] = await revocationsIn(this.store).read([key]);
    return value;
  }

  private get revocationWriter(): RevocationWriter {
    const { accounts } = this.store;
    return new RevocationWriter({ ...this.revoking, accounts, clockSkewMs: this.config.clockSkewMs });
  }

  private get revoking() {
    const { revocations, tokens } = this.store;
    const { audit } = this.records;
    return { revocations, tokens, ownIssuer: ownIssuer(this.config)?.name, audit, clock: systemClock };
  }

  private get revocationResolver(): RevocationResolverParts {
    const { config, err } = this;
    const { issuers, limits, apiKeys } = config;
    const { accounts, tokens, signingKeys } = this.store;
    // Few commands examine a token, and this needs much.
    const examine = async (token: string) => (await import('./inspection.ts')).examineOnce(token, config, err);
    return {
      issuers,
      accounts,
      tokens,
      signingKeys,
      examiner: { examine },
      keyPrefix: apiKeys.prefix,
      maxTokenLength: limits.token,
      clock: systemClock,
    };
  }

  /** As {@link acceptLosses}; does nothing without an audit log. */
  async acceptLosses(by: Operator): Promise<AcceptLossOutcome> {
    this.records.require();
    return await acceptLosses({ epochs: this.store.epochs, audit: this.records.audit }, by);
  }

  /** As {@link hasLosses}. */
  hasLosses(): Promise<boolean> {
    return hasLosses(this.store);
  }

  /** @param days how many to look back, including today (UTC). */
  reportMigration(days: number): Promise<MigrationReport> {
    return reportMigration(this.store, { config: this.config, days, nowMs: systemClock.wallMs() });
  }

  private get issuer(): OwnIssuer {
    const issuer = ownIssuer(this.config);
    if (issuer !== undefined) return issuer;
    throw new CommandRefused('no issuer has `signing`, so there are no accounts, tokens or signing keys of our own');
  }
}

/**
 * Opens the store, hands out the use cases, and closes the store.
 *
 * @param err takes what would go to standard error: warnings, and the audit records if `log.audit` is not set.
 * @param user `first command` creates the store if there is none.
 */
export async function withUseCases<Value>(
  config: Config,
  err: (text: string) => void,
  use: (useCases: CommandUseCases) => Promise<Value>,
  user: 'command' | 'first command' = 'command',
): Promise<Value> {
  if (user === 'command') requireStore(config.store);
  const records = openAudit(config, { err });
  try {
    return await withStore(config.store, (store) => use(new CommandUseCases(config, store, records, err)), user);
  } finally {
    records.close();
  }
}

/** Opens a store that running instances share, uses it and closes it. Throws {@link CommandRefused} for `memory:`. */
export async function withStore<Value>(
  config: StoreConfig,
  use: (store: Store) => Promise<Value>,
  user: StoreUser = 'command',
): Promise<Value> {
  if (config.kind === 'memory') throw new CommandRefused('the store is `memory:`, which no other process can reach');
  const store = await openStore(config, { storeMs: STORE_MS }, user);
  try {
    await announceMissing(store.epochs, Math.floor(Date.now() / 1000));
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Returns the revocation set for a command, which has no earlier epoch to compare with and trusts the store. */
function revocationsIn({ revocations }: Pick<Store, 'revocations'>): CheckedRevocations {
  return checkedRevocations(revocations, ANY_EPOCH);
}

/** Throws {@link CommandRefused} if an embedded store does not exist: opening it would create it. */
export function requireStore(config: StoreConfig): void {
  if (config.kind === 'sqlite' && !existsSync(config.path)) {
    throw new CommandRefused(
      `there is no store at ${config.path}; start Sallyport with this configuration, or name the configuration of a ` +
        'running Sallyport with --config',
    );
  }
}
