import type { UsedProofStore } from '../../verification/dpop/used-proof-store.ts';
import type { Writer } from './writer/writer.ts';

/** Used proofs, in SQLite. */
export class SqliteUsedProofs implements UsedProofStore {
  private readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  async use(id: string, keepMs: number): Promise<boolean> {
    return await this.writer.ask('useProof', id, Date.now(), keepMs);
  }
}
