import { createHash } from 'node:crypto';
import type { OwnKeys } from './own-keys.ts';
import type { SigningKey } from './signing-key.ts';

/** Our own public keys as a JWK Set (RFC 7517, section 5). */
export interface PublishedSet {
  readonly keys: readonly object[];
  /** An entity tag (RFC 9110, section 8.8.3): the same for the same keys. */
  readonly tag: string;
  /** How long readers may cache it. */
  readonly maxAgeSeconds: number;
}

/** Publishes our own keys, including waiting and retired ones. Never publishes a shared secret (HS256). */
export class PublishedKeySet {
  private readonly keys: Pick<OwnKeys, 'published'>;
  private readonly maxAgeSeconds: number;

  constructor(keys: Pick<OwnKeys, 'published'>, maxAgeSeconds: number) {
    this.keys = keys;
    this.maxAgeSeconds = maxAgeSeconds;
  }

  async read(): Promise<PublishedSet> {
    const keys = (await this.keys.published()).flatMap(toJwk);
    const digest = createHash('sha256').update(JSON.stringify(keys)).digest('base64url');
    return { keys, tag: `"${digest}"`, maxAgeSeconds: this.maxAgeSeconds };
  }
}

function toJwk({ kid, algorithm, verification: { key } }: SigningKey): object[] {
  if (key.type !== 'public') return [];
  return [{ ...key.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }];
}
