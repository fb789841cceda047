import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../../signing/signing-key-store.ts';
import { readRing, writeRing } from '../key-ring-text.ts';
import type { StoredRecord } from '../store.ts';
import type { Life } from './life.ts';

/** Sealed signing keys in memory. */
export class MemorySigningKeys implements SigningKeyStore {
  private readonly life: Life;
  /** The serialized key ring of each issuer. */
  private readonly rings = new Map<string, string>();

  constructor(life: Life) {
    this.life = life;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    this.life.check();
    return readRing(this.rings.get(issuer));
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    this.life.check();
    if (readRing(this.rings.get(issuer)).revision !== revision) return false;
    this.rings.set(issuer, writeRing({ revision: revision + 1, keys }));
    return true;
  }

  *records(): Iterable<StoredRecord> {
    for (const ring of this.rings.values()) {
      for (const record of readRing(ring).keys) yield { kind: 'signing-key', record };
    }
  }
}
