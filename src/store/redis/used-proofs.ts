import type { RedisReader } from '../../redis/redis-client.ts';
import type { UsedProofStore } from '../../verification/dpop/used-proof-store.ts';
import { usedProofKey } from './layout.ts';

/** Used proofs in Redis, a string for each, which expires by itself. Writes wait for no replica. */
export class RedisUsedProofs implements UsedProofStore {
  private readonly writes: RedisReader;

  /** @param writes the connection for decisions: a write that waits for replicas does not delay it. */
  constructor(writes: RedisReader) {
    this.writes = writes;
  }

  async use(id: string, keepMs: number): Promise<boolean> {
    return (await this.writes.ask(['set', usedProofKey(id), '', 'PX', Math.max(1, Math.ceil(keepMs)), 'NX'])) !== null;
  }
}
