import type { EpochGuard, EpochReading, EpochStore } from '../../revocation-set/revocation-store.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { Query, Reader } from './database/reader.ts';
import { asText } from './database/rows.ts';
import type { Writer } from './writer/writer.ts';

/** The one epoch record of a file, a row of `revocation`. */
export class SqliteEpochs implements EpochStore {
  readonly missing: string | undefined;
  private readonly reader: Reader;
  private readonly writer: Writer;
  private check: EpochGuard = () => undefined;

  constructor(reader: Reader, writer: Writer, missing: string | undefined) {
    this.missing = missing;
    this.reader = reader;
    this.writer = writer;
  }

  async read(): Promise<EpochReading> {
    return await this.reader.read(readEpoch);
  }

  async swap(key: string, expected: string | undefined, value: string): Promise<boolean> {
    return await this.writer.ask('swapEpoch', key, expected, value);
  }

  guard(guard: EpochGuard): void {
    this.check = guard;
  }

  /** What `read` reads, unless the guard refuses it. */
  guarded<Value>(query: Query, read: () => Value): Value {
    const value = read();
    this.check(readEpoch(query));
    return value;
  }
}

function readEpoch(query: Query): EpochReading {
  const row = query('SELECT value FROM revocation WHERE key = ?', EPOCH_PREFIX)[0];
  return new Map([[EPOCH_PREFIX, row && asText(row, 'value')]]);
}
