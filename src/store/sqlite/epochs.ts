import type { EpochReading, EpochStore } from '../../revocation-set/revocation-store.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { Query, Reader } from './database/reader.ts';
import { asString } from './database/rows.ts';
import type { Writer } from './writer/writer.ts';

/** The one epoch record of a file, a row of `revocation`. */
export class SqliteEpochs implements EpochStore {
  readonly missing: string | undefined;
  private readonly reader: Reader;
  private readonly writer: Writer;

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
}

export function readEpoch(query: Query): EpochReading {
  const row = query('SELECT value FROM revocation WHERE key = ?', EPOCH_PREFIX)[0];
  return new Map([[EPOCH_PREFIX, row && asString(row, 'value')]]);
}
