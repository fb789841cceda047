import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 'v1';
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The sealed text was not sealed with this secret, or for this purpose, or it was altered. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * Seals what the store must not be able to read: AES-256-GCM under a key derived (HKDF-SHA-256, a fresh salt each time)
 * from one secret. `purpose` is authenticated with it, so a sealed text cannot be moved to another place.
 */
export class Sealer {
  readonly #secret: Uint8Array;

  /** @param secret at least 16 bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  seal(plain: Uint8Array, purpose: string): string {
    const salt = randomBytes(SALT_BYTES);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keyFor(salt), iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return `${VERSION}.${Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** Throws {@link SealBrokenError}. */
  open(text: string, purpose: string): Uint8Array {
    const [version, body = ''] = text.split('.');
    const bytes = Buffer.from(body, 'base64url');
    if (version !== VERSION || bytes.length < SALT_BYTES + IV_BYTES + TAG_BYTES) {
      throw new SealBrokenError('the sealed text is not of a known form');
    }
    const salt = bytes.subarray(0, SALT_BYTES);
    const iv = bytes.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
    const tag = bytes.subarray(SALT_BYTES + IV_BYTES, SALT_BYTES + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.keyFor(salt), iv);
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(bytes.subarray(SALT_BYTES + IV_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      const what = 'the secret that opens the signing keys is not the one they were sealed with';
      throw new SealBrokenError(`${what}; set it back, or see sallyport keys reseal`, { cause });
    }
  }

  /**
   * A hash that only who has the secret can make (HMAC-SHA-256, base64url), so that what may hold a password can be
   * compared later and not guessed. Differs for each `purpose`.
   */
  fingerprint(text: string, purpose: string): string {
    return createHmac('sha256', this.deriveKey(`fingerprint ${purpose}`))
      .update(text)
      .digest('base64url');
  }

  /** A key of 32 bytes for another use than sealing: always the same one for the same secret. */
  deriveKey(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#secret, '', `sallyport ${purpose}`, 32));
  }

  private keyFor(salt: Uint8Array): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#secret, salt, 'sallyport seal', 32));
  }
}
