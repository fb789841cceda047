import { StoreError } from '../../core/ports.ts';
import type {
  IdempotencyClaim,
  IdempotencyRecord,
  IdempotencyState,
  IdempotencyStore,
} from '../../tokens/idempotency-store.ts';
import type { Reader } from './database/reader.ts';
import type { Row } from './database/rows.ts';
import { asNumber, asText } from './database/rows.ts';
import type { Writer } from './writer/writer.ts';

const STATES: readonly IdempotencyState[] = ['running', 'interrupted', 'made'];

/** How often a request may be forgotten by others between the claim and the look at it. */
const MAX_TRIES = 5;

/** Requests that make something, in SQLite. */
export class SqliteIdempotency implements IdempotencyStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async claim(request: IdempotencyRecord): Promise<IdempotencyClaim> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const isClaimed = await this.writer.ask('claimRequest', request);
      const sql = 'SELECT * FROM idempotency WHERE account_id = ? AND key = ?';
      const [row] = await this.reader.read((query) => query(sql, request.accountId, request.key));
      // Where the claim is ours, nobody else settles it: it is there.
      if (row !== undefined) return { ...toRecord(row), isClaimed };
    }
    throw new StoreError('a request of this key comes and goes all the time; try again');
  }

  async settle(...[accountId, key, end]: Parameters<IdempotencyStore['settle']>): Promise<void> {
    await this.writer.ask('settleRequest', accountId, key, end);
  }
}

function toRecord(row: Row): Omit<IdempotencyClaim, 'isClaimed'> {
  const written = asText(row, 'state');
  const state = STATES.find((name) => name === written);
  if (state === undefined) throw new StoreError(`column "state" holds "${written}" instead of ${STATES.join(' or ')}`);
  return {
    accountId: asText(row, 'account_id'),
    key: asText(row, 'key'),
    fingerprint: asText(row, 'fingerprint'),
    resourceId: asText(row, 'resource_id'),
    state,
    startedAtSeconds: asNumber(row, 'started_at'),
  };
}
