import type { Account, AccountChange, AccountVersion } from '../../accounts/account.ts';
import { accountNameKey, accountNameKeys, changeAccount, hasScopes, stands } from '../../accounts/account.ts';
import type {
  AccountAddition,
  AccountPage,
  AccountRemoval,
  AccountStore,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
} from '../../accounts/account-store.ts';
import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage, isBefore } from '../../lib/lists.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { MarkTimes } from '../../revocation-set/entry-merge.ts';
import { mergeEntries, raiseMark, restoreEntry } from '../../revocation-set/entry-merge.ts';
import type {
  EpochReading,
  EpochStore,
  RevocationFeed,
  RevocationListener,
  RevocationReading,
  RevocationStore,
} from '../../revocation-set/revocation-store.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../../signing/signing-key-store.ts';
import type {
  Rotation,
  RotationTerms,
  TokenEnd,
  TokenFilter,
  TokenPage,
  TokenRecord,
  TokenStore,
  TrackedToken,
} from '../../tokens/token.ts';
import { passes } from '../../tokens/token.ts';
import type { BasicUse, BasicUseStore } from '../../verification/basic/basic-use.ts';
import { BASIC_USES_KEPT_DAYS, dayOf, mergeUses } from '../../verification/basic/basic-use.ts';
import { readRing, writeRing } from '../key-ring-text.ts';
import type { Store, StoreContents, StoredRecord } from '../store.ts';
import { MemoryIdempotency } from './idempotency.ts';
import { MemoryLogInHistory } from './log-in-history.ts';

/**
 * A store for one process and its lifetime: nothing survives it, and nothing is forgotten before.
 *
 * @param wallMs its own clock, Unix milliseconds; injected so that tests own it.
 */
export function openMemoryStore(wallMs: () => number = Date.now): Store {
  const life = new Life();
  const revocations = new MemoryRevocations(life);
  const accounts = new MemoryAccounts(life, revocations, {
    nowSeconds: () => wallMs() / 1000,
    newestTokenSeconds: (accountId) => tokens.newestSeconds(accountId),
  });
  const tokens = new MemoryTokens(life, accounts);
  const signingKeys = new MemorySigningKeys(life);
  return {
    revocations,
    epochs: new MemoryEpochs(life, revocations),
    feed: revocations,
    accounts,
    tokens,
    idempotency: new MemoryIdempotency(life),
    basicUses: new MemoryBasicUses(life),
    logInHistory: new MemoryLogInHistory({ check: () => life.check() }),
    signingKeys,
    contents: new MemoryContents(life, [accounts, signingKeys, tokens, revocations]),
    close: async () => {
      life.ended = true;
    },
  };
}

/** Whether the store is open, for all of its parts. */
class Life {
  ended = false;

  check(): void {
    if (this.ended) throw new StoreError('the store is closed');
  }
}

class MemoryRevocations implements RevocationStore, RevocationFeed {
  epoch: EpochReading = new Map([[EPOCH_PREFIX, undefined]]);
  private readonly life: Life;
  private readonly entries = new Map<string, RevocationEntry>();
  private listener: RevocationListener | undefined;

  constructor(life: Life) {
    this.life = life;
  }

  async read(keys: readonly string[]): Promise<RevocationReading> {
    this.life.check();
    if (keys.length === 0) return { values: [], epochs: [] };
    return { values: keys.map((key) => this.entries.get(key)?.value), epochs: [...this.epoch] };
  }

  async readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]> {
    this.life.check();
    return keys.map((key) => this.entries.get(key));
  }

  async write(entry: RevocationEntry): Promise<void> {
    this.life.check();
    this.put(entry);
  }

  async restore(entry: RevocationEntry): Promise<void> {
    this.life.check();
    this.entries.set(entry.key, restoreEntry(this.entries.get(entry.key), entry));
  }

  async undo(standing: string, undone: RevocationEntry): Promise<boolean> {
    this.life.check();
    if (this.entries.get(undone.key)?.value !== standing) return false;
    this.entries.set(undone.key, undone);
    this.listener?.wrote(undone);
    return true;
  }

  put(entry: RevocationEntry): void {
    this.entries.set(entry.key, mergeEntries(this.entries.get(entry.key), entry));
    this.listener?.wrote(entry);
  }

  /** Returns the mark as it is afterwards. */
  raise(key: string, times: MarkTimes): RevocationEntry {
    const raised = raiseMark(this.entries.get(key), key, times);
    this.put(raised);
    return raised;
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.entries.values()) yield { kind: 'revocation', record };
  }

  follow(listener: RevocationListener): void {
    if (this.listener !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    for (const entry of this.entries.values()) listener.wrote(entry);
    listener.heardUpTo(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }
}

/** Never lost: the process goes with it. */
class MemoryEpochs implements EpochStore {
  private readonly life: Life;
  private readonly revocations: MemoryRevocations;

  constructor(life: Life, revocations: MemoryRevocations) {
    this.life = life;
    this.revocations = revocations;
  }

  async read(): Promise<EpochReading> {
    this.life.check();
    return this.revocations.epoch;
  }

  async swap(key: string, expected: string | undefined, value: string): Promise<boolean> {
    this.life.check();
    if (this.revocations.epoch.get(key) !== expected) return false;
    this.revocations.epoch = new Map([[key, value]]);
    return true;
  }
}

interface MemoryTimes {
  nowSeconds(): number;
  newestTokenSeconds(accountId: string): number;
}

class MemoryAccounts implements AccountStore {
  private readonly life: Life;
  private readonly revocations: MemoryRevocations;
  private readonly times: MemoryTimes;
  /** By id, in order of creation. */
  private readonly accounts = new Map<string, Account>();

  constructor(life: Life, revocations: MemoryRevocations, times: MemoryTimes) {
    this.life = life;
    this.revocations = revocations;
    this.times = times;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    this.life.check();
    return this.holderOf(accountNameKey(nameOrEmail));
  }

  async findById(id: string): Promise<Account | undefined> {
    this.life.check();
    return this.accounts.get(id);
  }

  async list(): Promise<readonly Account[]> {
    this.life.check();
    return [...this.accounts.values()];
  }

  async page(limit: number, after?: ListPosition): Promise<AccountPage> {
    const all = await this.list();
    const standing = after === undefined ? -1 : all.findIndex(({ id }) => id === after.id);
    const later = all.findIndex((account) => account.createdAtSeconds >= (after?.createdAtSeconds ?? 0));
    const first = standing >= 0 ? standing + 1 : later < 0 ? all.length : later;
    const { shown: accounts, next } = cutPage(all.slice(first), limit);
    return { accounts, next };
  }

  async add(account: Account, { onlyFirst = false, onlyIf }: AddTerms = {}): Promise<AccountAddition> {
    this.life.check();
    if (onlyIf !== undefined && !this.stands(onlyIf)) return { outcome: 'stale' };
    if (onlyFirst && this.accounts.size > 0) return { outcome: 'not_first' };
    const field = this.takenField(account);
    if (field !== undefined) return { outcome: 'taken', field };
    if (this.accounts.has(account.id)) throw new StoreError(`account id "${account.id}" exists already`);
    this.accounts.set(account.id, account);
    return { outcome: 'added' };
  }

  async update(id: string, change: AccountChange, terms: ChangeTerms = {}): Promise<AccountUpdate> {
    const { mark: markKey, onlyIf, ifScopes } = terms;
    this.life.check();
    const before = this.accounts.get(id);
    if (before === undefined) return { outcome: 'missing' };
    if (onlyIf !== undefined && !this.stands(onlyIf)) return { outcome: 'stale' };
    if (!hasScopes(before, ifScopes)) return { outcome: 'raced', account: before };
    const account = changeAccount(before, change, markKey !== undefined);
    if (this.takenField(account) !== undefined) return { outcome: 'taken' };
    this.accounts.set(id, account);
    const times = { nowSeconds: this.times.nowSeconds(), newestTokenSeconds: this.times.newestTokenSeconds(id) };
    const mark = markKey === undefined ? undefined : this.revocations.raise(markKey, times);
    return { outcome: 'updated', account, mark };
  }

  /** Whether the account is as it was known, and not disabled. */
  stands({ id, version }: AccountVersion): boolean {
    return stands(this.accounts.get(id), version);
  }

  async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    this.life.check();
    if (onlyIf !== undefined && !this.stands(onlyIf)) return { outcome: 'stale' };
    const account = this.accounts.get(id);
    if (account === undefined) return { outcome: 'missing' };
    this.accounts.delete(id);
    this.revocations.put(mark);
    return { outcome: 'removed', account };
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.accounts.values()) yield { kind: 'account', record };
  }

  /** The name or e-mail address by which another account is found already. */
  private takenField(account: Account): 'name' | 'email' | undefined {
    const isTaken = (name: string | undefined): boolean =>
      name !== undefined && (this.holderOf(accountNameKey(name)) ?? account).id !== account.id;
    if (isTaken(account.name)) return 'name';
    return isTaken(account.email) ? 'email' : undefined;
  }

  private holderOf(nameKey: string): Account | undefined {
    return [...this.accounts.values()].find((account) => accountNameKeys(account).has(nameKey));
  }
}

class MemoryTokens implements TokenStore {
  private readonly life: Life;
  private readonly accounts: Pick<MemoryAccounts, 'stands'>;
  /** In order of creation. */
  private readonly tokens = new Map<string, TrackedToken>();

  constructor(life: Life, accounts: Pick<MemoryAccounts, 'stands'>) {
    this.life = life;
    this.accounts = accounts;
  }

  async add(token: TokenRecord, accountVersion: number): Promise<boolean> {
    this.life.check();
    if (!this.accounts.stands({ id: token.accountId, version: accountVersion })) return false;
    if (this.tokens.has(token.id)) throw new StoreError(`token id "${token.id}" exists already`);
    this.tokens.set(token.id, { ...token, lastUsedAtSeconds: undefined, end: undefined, successor: undefined });
    return true;
  }

  newestSeconds(accountId: string): number {
    const own = [...this.tokens.values()].filter((token) => token.accountId === accountId);
    return Math.max(...own.map(({ createdAtSeconds }) => createdAtSeconds));
  }

  async find(id: string): Promise<TrackedToken | undefined> {
    this.life.check();
    return this.tokens.get(id);
  }

  async list(accountId: string, limit: number, after?: ListPosition, filter?: TokenFilter): Promise<TokenPage> {
    this.life.check();
    const found = [...this.tokens.values()].filter(
      (token) =>
        token.accountId === accountId &&
        (after === undefined || isBefore(token, after)) &&
        (filter === undefined || passes(token, filter)),
    );
    const { shown: tokens, next } = cutPage(
      found.toSorted((one, other) => (isBefore(one, other) ? 1 : -1)),
      limit,
    );
    return { tokens, next };
  }

  async rotate(
    id: string,
    successor: TokenRecord,
    accountVersion: number,
    terms: RotationTerms = {},
  ): Promise<Rotation> {
    this.life.check();
    const token = this.tokens.get(id);
    if (!this.accounts.stands({ id: successor.accountId, version: accountVersion })) {
      return { outcome: 'account_changed' };
    }
    if (token === undefined || token.successor !== terms.inPlaceOf) return { outcome: 'superseded' };
    const old = { ...token, successor: successor.id };
    this.tokens.set(id, old);
    await this.add(successor, accountVersion);
    return { outcome: 'rotated', old };
  }

  async end(id: string, end: TokenEnd): Promise<void> {
    this.life.check();
    const token = this.tokens.get(id);
    const isEarlier = end.atSeconds < (token?.end?.atSeconds ?? Number.POSITIVE_INFINITY);
    if (token !== undefined && isEarlier) this.tokens.set(id, { ...token, end });
  }

  async forgetEnd(id: string): Promise<void> {
    this.life.check();
    const token = this.tokens.get(id);
    if (token !== undefined) this.tokens.set(id, { ...token, end: undefined });
  }

  async markUsed(uses: ReadonlyMap<string, number>): Promise<void> {
    this.life.check();
    for (const [id, atSeconds] of uses) {
      const token = this.tokens.get(id);
      const lastUsedAtSeconds = Math.max(token?.lastUsedAtSeconds ?? 0, atSeconds);
      if (token !== undefined) this.tokens.set(id, { ...token, lastUsedAtSeconds });
    }
  }

  async restore(token: TrackedToken): Promise<boolean> {
    this.life.check();
    if (this.tokens.has(token.id)) return false;
    this.tokens.set(token.id, token);
    return true;
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.tokens.values()) yield { kind: 'token', record };
  }
}

class MemoryBasicUses implements BasicUseStore {
  private readonly life: Life;
  private readonly days = new Map<number, readonly BasicUse[]>();

  constructor(life: Life) {
    this.life = life;
  }

  async add(uses: readonly BasicUse[]): Promise<void> {
    this.life.check();
    const byDay = Map.groupBy(uses, ({ lastAtSeconds }) => dayOf(lastAtSeconds));
    for (const [day, ofDay] of byDay) {
      this.days.set(day, mergeUses([...(this.days.get(day) ?? []), ...ofDay]));
    }
    const oldest = Math.max(...this.days.keys()) - BASIC_USES_KEPT_DAYS;
    for (const day of this.days.keys()) if (day <= oldest) this.days.delete(day);
  }

  async read(sinceSeconds: number): Promise<readonly BasicUse[]> {
    this.life.check();
    return mergeUses([...this.days].filter(([day]) => day >= dayOf(sinceSeconds)).flatMap(([, uses]) => uses));
  }
}

class MemorySigningKeys implements SigningKeyStore {
  private readonly life: Life;
  private readonly rings = new Map<string, string>();

  constructor(life: Life) {
    this.life = life;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    this.life.check();
    return readRing(this.rings.get(issuer));
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    this.life.check();
    if (readRing(this.rings.get(issuer)).revision !== revision) return false;
    this.rings.set(issuer, writeRing({ revision: revision + 1, keys }));
    return true;
  }

  *records(): Iterable<StoredRecord> {
    for (const ring of this.rings.values()) {
      for (const record of readRing(ring).keys) yield { kind: 'signing-key', record };
    }
  }
}

class MemoryContents implements StoreContents {
  private readonly life: Life;
  private readonly parts: readonly { records(): Iterable<StoredRecord> }[];

  constructor(life: Life, parts: readonly { records(): Iterable<StoredRecord> }[]) {
    this.life = life;
    this.parts = parts;
  }

  async *read(): AsyncIterable<StoredRecord> {
    this.life.check();
    for (const part of this.parts) yield* part.records();
  }
}
