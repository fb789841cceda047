import type { RedisWriter } from '../../redis/redis-client.ts';
import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../../signing/signing-key-store.ts';
import { readRing, writeRing } from '../key-ring-text.ts';
import { signingKeysKey } from './layout.ts';
import { readStored } from './records.ts';
import { toNumber, toOptionalText } from './replies.ts';

/** Sealed signing keys in Redis. A read may take as long as a write: a decision that waits for it has a limit of its own. */
export class RedisSigningKeys implements SigningKeyStore {
  private readonly writes: RedisWriter;

  constructor(writes: RedisWriter) {
    this.writes = writes;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    const text = toOptionalText(await this.writes.ask(['get', signingKeysKey(issuer)]));
    return readStored(this.writes.place, () => readRing(text));
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    const args = [revision, writeRing({ revision: revision + 1, keys })];
    const replaced = await this.writes.write({ script: 'signing-keys/replace', keys: [signingKeysKey(issuer)], args });
    return toNumber(replaced) > 0;
  }
}
