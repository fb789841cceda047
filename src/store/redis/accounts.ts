import type { Account, AccountChange, AccountVersion } from '../../accounts/account.ts';
import { accountNameKey, accountNameKeys, changeAccount, hasScopes } from '../../accounts/account.ts';
import type {
  AccountAddition,
  AccountPage,
  AccountRemoval,
  AccountStore,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
  UpdatedAccount,
} from '../../accounts/account-store.ts';
import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage } from '../../lib/lists.ts';
import type { RedisReader, RedisWriter } from '../../redis/redis-client.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { parseMembers } from '../members.ts';
import type { RedisFeed } from './feed.ts';
import { ACCOUNT_KEYS } from './layout.ts';
import { readStored, toAccount } from './records.ts';
import { toList, toOptionalText, toText, toTexts } from './replies.ts';
import { endOf } from './revocations.ts';

const { records, names, order, newest } = ACCOUNT_KEYS;

/** More accounts than any store holds. */
const ALL = 1_000_000_000;

/** How the compare-and-set of an account may end. */
const SWAPS = ['updated', 'outdated', 'taken', 'stale'] as const;
type AccountSwap = (typeof SWAPS)[number];

const REFUSED_REMOVALS = ['missing', 'stale'] as const;

/** How often to try a change while others change the same account. */
const MAX_TRIES = 20;

/** A mark that is still to be written for the last change of an account. */
export interface MissingMark {
  readonly key: string;
  /**
   * The Unix second that it must reach, decided once, so that the mark rises once even if several processes write it.
   * `undefined` for one second past its present value.
   */
  readonly fromSeconds: number | undefined;
}

/** Nothing was written, because the account was changed since it was read. */
export interface Outdated {
  readonly outcome: 'outdated';
}

/** An account and the record that holds it. */
export interface FoundAccount {
  readonly record: string;
  readonly account: Account;
  readonly unmarked: MissingMark | undefined;
}

/** Accounts in Redis. A change that ends tokens writes a mark in the revocation set, so the feed reports it. */
export class RedisAccounts implements AccountStore {
  protected readonly writes: RedisWriter;
  private readonly reads: RedisReader;
  private readonly feed: Pick<RedisFeed, 'acknowledged'>;

  constructor(reads: RedisReader, writes: RedisWriter, feed: Pick<RedisFeed, 'acknowledged'>) {
    this.reads = reads;
    this.writes = writes;
    this.feed = feed;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    const nameKey = accountNameKey(nameOrEmail);
    const found = await this.reads.ask({ script: 'accounts/find', keys: [records, names], args: [nameKey] });
    return (await this.settled(readAccount(this.reads, found)))?.account;
  }

  async findById(id: string): Promise<Account | undefined> {
    const found = await this.reads.ask(['hget', records, id]);
    return (await this.settled(readAccount(this.reads, found)))?.account;
  }

  /** May take as long as a write, since no decision waits for it. */
  async list(): Promise<readonly Account[]> {
    return (await this.page(ALL)).accounts;
  }

  async page(limit: number, after: ListPosition = { createdAtSeconds: 0, id: '' }): Promise<AccountPage> {
    const args = [after.id, after.createdAtSeconds, limit + 1];
    const found = await this.writes.ask({ script: 'accounts/page', keys: [records, order], args });
    const { shown: accounts, next } = cutPage(
      readStored(this.writes.place, () => toTexts(found).map(toAccount)),
      limit,
    );
    return { accounts, next };
  }

  async add(account: Account, terms: AddTerms = {}): Promise<AccountAddition> {
    const first = terms.onlyFirst === true ? '1' : '0';
    const args = [account.id, recordOf(account), first, ...authorityOf(terms), ...accountNameKeys(account)];
    const added = await this.writes.write({ script: 'accounts/add', keys: [records, names, order], args });
    switch (added) {
      case 'id_exists':
        throw new StoreError(`account id "${account.id}" exists already`);
      case 'name_taken':
        return { outcome: 'taken', field: 'name' };
      case 'email_taken':
        return { outcome: 'taken', field: 'email' };
      case 'added':
      case 'stale':
      case 'not_first':
        return { outcome: added };
      default:
        return unknownOutcome('accounts/add');
    }
  }

  async update(id: string, change: AccountChange, terms: ChangeTerms = {}): Promise<AccountUpdate> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const existing = await this.settled(await this.readAgain(id));
      if (existing === undefined) return { outcome: 'missing' };
      if (!hasScopes(existing.account, terms.ifScopes)) return { outcome: 'raced', account: existing.account };
      const account = changeAccount(existing.account, change, terms.mark !== undefined);
      const updated = await this.swap(existing.record, account, terms);
      if (updated.outcome !== 'outdated') return updated;
    }
    throw new StoreError(`account "${id}" is changed by others all the time; try again`);
  }

  async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    const args = [id, mark.value, endOf(mark), ...authorityOf({ onlyIf })];
    const keys = [records, names, order, newest, mark.key] as const;
    const removal = toRemoval(await this.writes.write({ script: 'accounts/remove', keys, args }));
    if (removal.outcome === 'removed') this.feed.acknowledged(mark);
    return removal;
  }

  /** The account once no change of it is incomplete. On one server a change and its mark are written at once. */
  protected async settled(found: FoundAccount | undefined): Promise<FoundAccount | undefined> {
    return found;
  }

  /** May take as long as a write, since no decision waits for it. */
  protected async readAgain(id: string): Promise<FoundAccount | undefined> {
    return readAccount(this.writes, await this.writes.ask(['hget', records, id]));
  }

  /** Replaces the record `existing`; `outdated` if the account has another record by now. */
  protected async swap(existing: string, account: Account, terms: ChangeTerms): Promise<AccountUpdate | Outdated> {
    const { mark } = terms;
    if (mark === undefined) return toUpdate(await this.put(existing, account, terms), { account, mark });
    const args = [account.id, existing, recordOf(account), ...authorityOf(terms)];
    const keys = [records, names, newest, mark] as const;
    const [updated, marked] = toList(await this.writes.write({ script: 'accounts/update-marked', keys, args }));
    const value = toOptionalText(marked);
    const raised = value === undefined ? undefined : { key: mark, value, expiresAtSeconds: undefined };
    if (raised !== undefined) this.feed.acknowledged(raised);
    return toUpdate(toSwap(updated), { account, mark: raised });
  }

  /** Replaces the record without a mark. */
  protected async put(
    existing: string,
    account: Account,
    terms: ChangeTerms,
    unmarked?: MissingMark,
  ): Promise<AccountSwap> {
    const args = [account.id, existing, recordOf(account, unmarked), ...authorityOf(terms)];
    return toSwap(await this.writes.write({ script: 'accounts/update', keys: [records, names], args }));
  }
}

export function toUpdate(
  swap: AccountSwap,
  written: Pick<UpdatedAccount, 'account' | 'mark'>,
): AccountUpdate | Outdated {
  return swap === 'updated' ? { outcome: swap, ...written } : { outcome: swap };
}

/** Reads what `accounts/remove` returns. */
export function toRemoval(reply: unknown): AccountRemoval {
  const [outcome, record] = toTexts(reply);
  if (outcome === 'removed') return { outcome, account: toAccount(toText(record)) };
  return { outcome: REFUSED_REMOVALS.find((one) => one === outcome) ?? unknownOutcome('accounts/remove') };
}

function toSwap(reply: unknown): AccountSwap {
  return SWAPS.find((one) => one === reply) ?? unknownOutcome('accounts/update');
}

function unknownOutcome(script: string): never {
  throw new StoreError(`the script ${script} returned an unknown outcome`);
}

/** The record of an account, with the spellings by which it is found and the missing mark: the scripts read them there. */
export function recordOf(account: Account, unmarked?: MissingMark): string {
  const [nameKey, emailKey] = [account.name, account.email].map((name) => name && accountNameKey(name));
  const { key, fromSeconds } = unmarked ?? {};
  return JSON.stringify({ ...account, nameKey, emailKey, unmarked: key, unmarkedFrom: fromSeconds });
}

function authorityOf({ onlyIf }: Pick<ChangeTerms, 'onlyIf'>): readonly [id: string, version: number] {
  return onlyIf === undefined ? ['', 0] : [onlyIf.id, onlyIf.version];
}

function readAccount({ place }: RedisReader, reply: unknown): FoundAccount | undefined {
  const record = toOptionalText(reply);
  return record === undefined ? undefined : readStored(place, () => toFound(record));
}

function toFound(record: string): FoundAccount {
  const { unmarked: key, unmarkedFrom } = parseMembers(record);
  const fromSeconds = typeof unmarkedFrom === 'number' ? unmarkedFrom : undefined;
  return { record, account: toAccount(record), unmarked: typeof key === 'string' ? { key, fromSeconds } : undefined };
}
