import type { RedisWriter } from '../../redis/redis-client.ts';
import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../../signing/signing-key-store.ts';
import { readRing, writeRing } from '../key-ring-text.ts';
import { signingKeysKey } from './layout.ts';

/** Sealed signing keys in Redis. Reading may take as long as a write: a decision that waits for it has its own limit. */
export class RedisSigningKeys implements SigningKeyStore {
  private readonly writes: RedisWriter;

  constructor(writes: RedisWriter) {
    this.writes = writes;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    const key = signingKeysKey(issuer);
    return await this.writes.ask(async (client) => readRing((await client.get(key)) ?? undefined), key);
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    const key = signingKeysKey(issuer);
    const text = writeRing({ revision: revision + 1, keys });
    const replaced = await this.writes.write((client) => client.sallyportReplaceKeys(key, revision, text), key);
    return replaced > 0;
  }
}
