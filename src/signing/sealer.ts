import { argon2Sync, createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { isRandomSecret } from './secret-strength.ts';

/** How the key of a sealed text comes from the secret: `v1` by HKDF, `v2` by argon2id. */
type Version = 'v1' | 'v2';

/** As much work as a password of an account is (19 MiB, two passes). */
const ARGON2 = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };
/** Keys for other uses have no place to keep a salt. */
const FIXED_SALT = Buffer.from('sallyport keys 1');
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The sealed text was not sealed with this secret, or for this purpose, or it was altered. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * Seals what the store must not be able to read: AES-256-GCM under a key derived from one secret, by HKDF-SHA-256 (a
 * fresh salt each time) where the secret is random, by argon2id where somebody may have thought of it, so that whoever
 * has a copy of the store cannot try many. `purpose` is authenticated with it, so a sealed text cannot be moved to
 * another place.
 */
export class Sealer {
  readonly #secret: Uint8Array;
  readonly #version: Version;
  /** By salt, hex: each costs some time, so that one salt serves for all that one secret seals. */
  readonly #stretched = new Map<string, Uint8Array>();
  #salt = randomBytes(SALT_BYTES);

  /** @param secret at least 16 bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.#version = isRandomSecret(secret) ? 'v1' : 'v2';
  }

  seal(plain: Uint8Array, purpose: string): string {
    const version = this.#version;
    const salt = version === 'v1' ? randomBytes(SALT_BYTES) : this.#salt;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keyFor(version, salt), iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return `${version}.${Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** Throws {@link SealBrokenError}. */
  open(text: string, purpose: string): Uint8Array {
    const [version, body = ''] = text.split('.');
    const bytes = Buffer.from(body, 'base64url');
    if (!isVersion(version) || bytes.length < SALT_BYTES + IV_BYTES + TAG_BYTES) {
      throw new SealBrokenError('the sealed text is not of a known form');
    }
    const salt = bytes.subarray(0, SALT_BYTES);
    const iv = bytes.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
    const tag = bytes.subarray(SALT_BYTES + IV_BYTES, SALT_BYTES + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.keyFor(version, salt), iv);
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
    try {
      const text = bytes.subarray(SALT_BYTES + IV_BYTES + TAG_BYTES);
      const plain = Buffer.concat([decipher.update(text), decipher.final()]);
      // What is sealed from now on needs no other key to be stretched, here and by whoever reads both.
      if (version === 'v2') this.#salt = Buffer.from(salt);
      return plain;
    } catch (cause) {
      const what = 'the secret that opens the signing keys is not the one they were sealed with';
      throw new SealBrokenError(`${what}; set it back, or see sallyport keys reseal`, { cause });
    }
  }

  /** Whether a sealed text is of the form that {@link seal} gives with this secret. */
  isCurrent(text: string): boolean {
    return text.startsWith(`${this.#version}.`);
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
    const secret = this.#version === 'v1' ? this.#secret : this.stretch(FIXED_SALT);
    return new Uint8Array(hkdfSync('sha256', secret, '', `sallyport ${purpose}`, 32));
  }

  private keyFor(version: Version, salt: Uint8Array): Uint8Array {
    return version === 'v2'
      ? this.stretch(salt)
      : new Uint8Array(hkdfSync('sha256', this.#secret, salt, 'sallyport seal', 32));
  }

  private stretch(salt: Uint8Array): Uint8Array {
    const name = Buffer.from(salt).toString('hex');
    const known = this.#stretched.get(name);
    if (known !== undefined) return known;
    const key = new Uint8Array(argon2Sync('argon2id', { ...ARGON2, message: this.#secret, nonce: salt }));
    this.#stretched.set(name, key);
    return key;
  }
}

function isVersion(text: string | undefined): text is Version {
  return text === 'v1' || text === 'v2';
}
