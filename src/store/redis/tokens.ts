import type { TokenRecord, TokenStore } from '../store.ts';
import { StoreError } from '../store.ts';
import type { Connection } from './connection.ts';
import { tokenIndexKeys, tokenKey } from './layout.ts';
import { toToken } from './records.ts';

/** How long a record stays after its token's end, for whoever looks back. */
const KEPT_SECONDS = 30 * 86_400;

/**
 * Records of issued tokens in Redis, each gone 30 days after the token's end. Beside them stand the ids of each
 * account's tokens. The two are written together, but not as one: an id without its record is possible, and what
 * lists must pass over it; a record without its id is not, once `add` has resolved.
 */
export class RedisTokens implements TokenStore {
  private readonly reads: Connection;
  private readonly writes: Connection;

  constructor(reads: Connection, writes: Connection) {
    this.reads = reads;
    this.writes = writes;
  }

  async add(token: TokenRecord): Promise<void> {
    const { id, accountId, use, scopes, createdAtSeconds, expiresAtSeconds } = token;
    const record = JSON.stringify({ id, accountId, use, scopes, createdAtSeconds, expiresAtSeconds });
    const now = Date.now() / 1000;
    const stays = Math.ceil(Math.max(expiresAtSeconds - now, 0)) + KEPT_SECONDS;
    const { byCreation, byEnd } = tokenIndexKeys(accountId);
    const [added] = await this.writes.ask((client) =>
      Promise.all([
        client.set(tokenKey(id), record, 'EX', stays, 'NX'),
        client.sallyportIndexToken(byCreation, byEnd, id, createdAtSeconds, Math.ceil(now) + stays, now),
      ]),
    );
    if (added === null) throw new StoreError(`token id "${id}" exists already`);
  }

  async find(id: string): Promise<TokenRecord | undefined> {
    return await this.reads.ask(async (client) => {
      const record = await client.get(tokenKey(id));
      return record === null ? undefined : toToken(record);
    });
  }
}
