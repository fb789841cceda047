import type { IdempotencyClaim, IdempotencyRecord, IdempotencyStore } from '../../tokens/idempotency-store.ts';
import type { Writer } from './writer/writer.ts';

/** Idempotent requests, in SQLite. */
export class SqliteIdempotency implements IdempotencyStore {
  private readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  async claim(request: IdempotencyRecord): Promise<IdempotencyClaim> {
    return await this.writer.ask('claimRequest', request);
  }

  async settle(...[accountId, key, end]: Parameters<IdempotencyStore['settle']>): Promise<void> {
    await this.writer.ask('settleRequest', accountId, key, end);
  }
}
