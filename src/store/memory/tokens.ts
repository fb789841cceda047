import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage, isBefore } from '../../lib/lists.ts';
import type {
  RefreshAdvance,
  RefreshStep,
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
import type { StoredRecord } from '../store.ts';
import type { MemoryAccounts } from './accounts.ts';
import type { Life } from './life.ts';

/** Records of issued tokens in memory. */
export class MemoryTokens implements TokenStore {
  private readonly life: Life;
  private readonly accounts: Pick<MemoryAccounts, 'isUnchanged'>;
  /** In order of creation. */
  private readonly tokens = new Map<string, TrackedToken>();
  private readonly idsByKey = new Map<string, string>();

  constructor(life: Life, accounts: Pick<MemoryAccounts, 'isUnchanged'>) {
    this.life = life;
    this.accounts = accounts;
  }

  async add(token: TokenRecord, accountVersion: number): Promise<boolean> {
    this.life.check();
    if (!this.accounts.isUnchanged({ id: token.accountId, version: accountVersion })) return false;
    if (this.tokens.has(token.id)) throw new StoreError(`token id "${token.id}" exists already`);
    this.put({ ...token, lastUsedAtSeconds: undefined, end: undefined, successor: undefined });
    return true;
  }

  /** Returns when the newest token of an account was created, in Unix seconds; -Infinity if it has none. */
  newestSeconds(accountId: string): number {
    const own = [...this.tokens.values()].filter((token) => token.accountId === accountId);
    return Math.max(...own.map(({ createdAtSeconds }) => createdAtSeconds));
  }

  async find(id: string): Promise<TrackedToken | undefined> {
    this.life.check();
    return this.tokens.get(id);
  }

  async findByKey(keyHash: string): Promise<TrackedToken | undefined> {
    this.life.check();
    return this.tokens.get(this.idsByKey.get(keyHash) ?? '');
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
    if (!this.accounts.isUnchanged({ id: successor.accountId, version: accountVersion })) {
      return { outcome: 'account_changed' };
    }
    if (token === undefined || token.successor !== terms.inPlaceOf) return { outcome: 'superseded' };
    const old = { ...token, successor: successor.id };
    this.tokens.set(id, old);
    await this.add(successor, accountVersion);
    return { outcome: 'rotated', old };
  }

  async advance(
    { id, accountId, from, expiresAtSeconds }: RefreshStep,
    accountVersion: number,
  ): Promise<RefreshAdvance> {
    this.life.check();
    if (!this.accounts.isUnchanged({ id: accountId, version: accountVersion })) return 'account_changed';
    const token = this.tokens.get(id);
    if (token?.accountId !== accountId || token.refreshes === undefined) return 'unknown';
    if (token.refreshes !== from) return 'superseded';
    const latest = Math.max(token.expiresAtSeconds, expiresAtSeconds);
    this.tokens.set(id, { ...token, refreshes: from + 1, expiresAtSeconds: latest });
    return 'advanced';
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
    this.put(token);
    return true;
  }

  private put(token: TrackedToken): void {
    this.tokens.set(token.id, token);
    if (token.keyHash !== undefined) this.idsByKey.set(token.keyHash, token.id);
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.tokens.values()) yield { kind: 'token', record };
  }
}
