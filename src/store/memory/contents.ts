import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { StoreContents, StoredRecord } from '../store.ts';
import type { Life } from './life.ts';

/** The contents of a memory store, for a copy of it. */
export class MemoryContents implements StoreContents {
  private readonly life: Life;
  private readonly parts: readonly { records(): Iterable<StoredRecord> }[];

  constructor(life: Life, parts: readonly { records(): Iterable<StoredRecord> }[]) {
    this.life = life;
    this.parts = parts;
  }

  async *read(): AsyncIterable<StoredRecord> {
    this.life.check();
    for (const part of this.parts) yield* part.records();
  }

  async *readRevocations(): AsyncIterable<RevocationEntry> {
    for await (const { kind, record } of this.read()) if (kind === 'revocation') yield record;
  }
}
