import type { SealedSigningKey, SigningKeyStore } from '../store.ts';
import { signingKeysKey } from './layout.ts';
import { toSigningKey } from './records.ts';
import type { Writes } from './writes.ts';

/** Sealed signing keys in Redis. No decision waits for them, so reading may take as long as a write. */
export class RedisSigningKeys implements SigningKeyStore {
  private readonly writes: Writes;

  constructor(writes: Writes) {
    this.writes = writes;
  }

  async list(issuer: string): Promise<readonly SealedSigningKey[]> {
    return await this.writes.ask(async (client) =>
      (await client.hvals(signingKeysKey(issuer))).map((record) => toSigningKey(record)).toSorted(byAge),
    );
  }

  async addFirst(key: SealedSigningKey): Promise<boolean> {
    const { kid, issuer, algorithm, sealed, createdAtSeconds } = key;
    const record = JSON.stringify({ kid, issuer, algorithm, sealed, createdAtSeconds });
    const added = await this.writes.write((client) => client.sallyportAddFirstKey(signingKeysKey(issuer), kid, record));
    return added > 0;
  }
}

/** Oldest first; by id where two were made in one second, so that all instances agree. */
function byAge(left: SealedSigningKey, right: SealedSigningKey): number {
  return left.createdAtSeconds - right.createdAtSeconds || (left.kid < right.kid ? -1 : 1);
}
