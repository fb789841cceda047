import type { AccountChange, AccountMark, AccountUpdate, RevocationEntry, RevocationStore } from '../../store.ts';
import { RedisAccounts } from '../accounts.ts';
import type { Asks, Writing } from '../asks.ts';
import { ACCOUNT_KEYS } from '../layout.ts';

const { records, names, order } = ACCOUNT_KEYS;

/**
 * Accounts in a cluster, where an account and its mark may lie on two servers. The mark is written first: what can be
 * left behind is an account whose tokens have ended, and that can be removed again.
 */
export class ClusterAccounts extends RedisAccounts {
  private readonly revocations: Pick<RevocationStore, 'write'>;

  constructor(reads: Asks, writes: Writing, revocations: Pick<RevocationStore, 'write'>) {
    // The mark is told of by whoever writes it.
    super(reads, writes, { hear: () => undefined });
    this.revocations = revocations;
  }

  /**
   * The mark rises before the change, so that no token outlives one that was made, and after it, so that nothing which
   * was read in between passes for what stands now.
   */
  override async update(id: string, change: AccountChange, mark?: AccountMark): Promise<AccountUpdate> {
    if (mark === undefined) return await super.update(id, change);
    const hindrance = await this.hindranceTo(id, change);
    if (hindrance !== undefined) return hindrance;
    await this.raise(mark);
    const updated = await super.update(id, change);
    await this.raise(mark);
    return updated;
  }

  override async remove(id: string, mark: RevocationEntry): Promise<boolean> {
    const isThere = await this.writes.ask((client) => client.hexists(records, id), records);
    if (isThere === 0) return false;
    await this.revocations.write(mark);
    const removed = await this.writes.write(
      (client) => client.sallyportDropAccount(records, names, order, id),
      records,
    );
    return removed > 0;
  }

  /** So that what cannot be done ends no token. */
  private async hindranceTo(id: string, { email }: AccountChange): Promise<'missing' | 'taken' | undefined> {
    const isThere = await this.writes.ask((client) => client.hexists(records, id), records);
    if (isThere === 0) return 'missing';
    const holder = typeof email === 'string' ? await this.find(email) : undefined;
    return holder === undefined || holder.id === id ? undefined : 'taken';
  }

  private async raise({ key, atSeconds }: AccountMark): Promise<void> {
    const value = await this.writes.write((client) => client.sallyportRaiseMark(key, atSeconds), key);
    await this.revocations.write({ key, value, expiresAtSeconds: undefined });
  }
}
