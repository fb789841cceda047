import type { Account, AccountVersion } from '../../accounts/account.ts';
import { isUnchanged } from '../../accounts/account.ts';
import type { AccountRemoval, AccountUpdate, ChangeTerms, UpdatedAccount } from '../../accounts/account-store.ts';
import { readReach } from '../../core/revocation-entry.ts';
import { valueOf } from '../../redis/command.ts';
import type { RedisReader, RedisWriter } from '../../redis/redis-client.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { raiseMark } from '../../revocation-set/entry-merge.ts';
import type { RevocationStore } from '../../revocation-set/revocation-store.ts';
import type { FoundAccount, MissingMark, Outdated } from './accounts.ts';
import { RedisAccounts, recordOf, toRemoval, toUpdate } from './accounts.ts';
import { ACCOUNT_KEYS } from './layout.ts';
import { toNumber, toOptionalText, toText, toTexts } from './replies.ts';

const { records, names, order, newest } = ACCOUNT_KEYS;

/**
 * Accounts, if an account and its mark may lie on two servers. A change that ends tokens takes three steps:
 *
 * 1. compare-and-set of the account, with its next version and a note that its mark is missing and how far it must rise.
 *    From here on the store records no token for the account: the version has changed, and the note forbids it;
 * 2. the mark, at or behind the newest token that was recorded before;
 * 3. compare-and-set to the version after that, without the note.
 *
 * Every process that finds the note takes steps two and three before it uses the account, so a change is completed even
 * if its process dies, and no caller ever sees the version in between. Many processes may do so at once, and a stranger
 * who guesses passwords can cause that: therefore the mark rises exactly as far as the note says.
 */
export class AccountsAcrossServers extends RedisAccounts {
  private readonly revocations: Pick<RevocationStore, 'write'>;

  constructor(reads: RedisReader, writes: RedisWriter, revocations: Pick<RevocationStore, 'write'>) {
    // `revocations` reports the mark.
    super(reads, writes, { acknowledged: () => undefined });
    this.revocations = revocations;
  }

  /**
   * Writes the mark first: if the process dies then, it leaves an account whose tokens have ended, and which can be
   * removed again. The authority is checked before the mark, and not again.
   */
  override async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    const remover = onlyIf && (await this.settled(await this.readAgain(onlyIf.id)))?.account;
    if (onlyIf !== undefined && !isUnchanged(remover, onlyIf.version)) return { outcome: 'stale' };
    if (toNumber(await this.writes.ask(['hexists', records, id])) === 0) return { outcome: 'missing' };
    await this.revocations.write(mark);
    const keys = [records, names, order, newest] as const;
    return toRemoval(await this.writes.write({ script: 'accounts/remove', keys, args: [id] }));
  }

  protected override async settled(found: FoundAccount | undefined): Promise<FoundAccount | undefined> {
    if (found?.unmarked === undefined) return found;
    await this.settle(found.record, found.account, found.unmarked);
    return await this.settled(await this.readAgain(found.account.id));
  }

  protected override async swap(
    existing: string,
    account: Account,
    terms: ChangeTerms,
  ): Promise<AccountUpdate | Outdated> {
    const { mark } = terms;
    if (mark === undefined) return toUpdate(await this.put(existing, account, terms), { account, mark });
    const missing = { key: mark, fromSeconds: await this.nextSecond(mark) };
    const updated = await this.put(existing, account, terms, missing);
    if (updated !== 'updated') return { outcome: updated };
    return { outcome: updated, ...(await this.settle(recordOf(account, missing), account, missing)) };
  }

  /** The second that the mark must reach for a change that begins now; `undefined` if it ends everything already. */
  private async nextSecond(key: string): Promise<number | undefined> {
    const [got, time] = await this.writes.askAll([['get', key], ['time']]);
    const value = got && valueOf(got);
    const [nowSeconds] = toTexts(time?.[1]);
    const existing = value === undefined ? undefined : { key, value, expiresAtSeconds: undefined };
    const raised = raiseMark(existing, key, { nowSeconds: Number(nowSeconds), newestTokenSeconds: 0 });
    const { issuedUpToSeconds } = readReach(key, raised.value);
    return Number.isFinite(issuedUpToSeconds) ? issuedUpToSeconds : undefined;
  }

  /**
   * Steps two and three. If another process has taken them already, nothing happens. Returns the account as the change
   * leaves it. The mark may belong to a later change, which then ends more tokens.
   */
  private async settle(
    record: string,
    account: Account,
    { key, fromSeconds }: MissingMark,
  ): Promise<Pick<UpdatedAccount, 'account' | 'mark'>> {
    const newestSeconds = toOptionalText(await this.writes.ask(['hget', newest, account.id])) ?? '';
    const from = fromSeconds === undefined ? '' : String(fromSeconds);
    const args = [newestSeconds, from];
    const value = toText(await this.writes.write({ script: 'accounts/raise-mark', keys: [key], args }));
    const mark = { key, value, expiresAtSeconds: undefined };
    await this.revocations.write(mark);
    const settled = { ...account, version: account.version + 1 };
    await this.put(record, settled, {});
    return { account: settled, mark };
  }
}
