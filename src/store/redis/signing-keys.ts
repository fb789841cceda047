import { readRing, writeRing } from '../key-ring-text.ts';
import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../store.ts';
import { signingKeysKey } from './layout.ts';
import type { Writes } from './writes.ts';

/** Sealed signing keys in Redis. Reading may take as long as a write: a decision that waits for it has its own limit. */
export class RedisSigningKeys implements SigningKeyStore {
  private readonly writes: Writes;

  constructor(writes: Writes) {
    this.writes = writes;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    return await this.writes.ask(async (client) => readRing((await client.get(signingKeysKey(issuer))) ?? undefined));
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    const text = writeRing({ revision: revision + 1, keys });
    const replaced = await this.writes.write((client) =>
      client.sallyportReplaceKeys(signingKeysKey(issuer), revision, text),
    );
    return replaced > 0;
  }
}
