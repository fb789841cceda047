import type { RevocationEntry, RevocationStore } from '../../store.ts';
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
}
