import { argon2Sync, createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { isRandomSecret } from './secret-strength.ts';

/** How the key is derived from the secret: `v1` by HKDF, `v2` by Argon2id. */
type Version = 'v1' | 'v2';

/** The same cost as for the password of an account: 19 MiB, two passes. */
const ARGON2 = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };
/** For derived keys, which have no place to store a salt. */
const FIXED_SALT = Buffer.from('sallyport keys 1');
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The value was sealed with another secret or for another purpose, or was altered. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * Encrypts values that the store must not be able to read, with AES-256-GCM and a key derived from one secret. For a
 * random secret the key is derived by HKDF-SHA-256, with a new salt each time. For any other secret it is derived by
 * Argon2id, so that an attacker with a copy of the store cannot try many secrets. `purpose` is authenticated with the
 * value, so a sealed value cannot be moved to another place.
 */
export class Sealer {
  readonly #secret: Uint8Array;
  readonly #version: Version;
  /** Stretched keys by salt, in hex. Stretching is slow, so one salt is used for all values. */
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

  /** Returns the plaintext. Throws {@link SealBrokenError}. */
  open(sealed: string, purpose: string): Uint8Array {
    const [version, body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    if (!isVersion(version) || bytes.length < SALT_BYTES + IV_BYTES + TAG_BYTES) {
      throw new SealBrokenError('the sealed value has an unknown format');
    }
    const salt = bytes.subarray(0, SALT_BYTES);
    const iv = bytes.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
    const tag = bytes.subarray(SALT_BYTES + IV_BYTES, SALT_BYTES + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.keyFor(version, salt), iv);
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
    try {
      const ciphertext = bytes.subarray(SALT_BYTES + IV_BYTES + TAG_BYTES);
      const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
      // Values sealed from now on use the same salt, so that readers need to stretch only one key.
      if (version === 'v2') this.#salt = Buffer.from(salt);
      return plain;
    } catch (cause) {
      const reason = 'the secret that opens the signing keys is not the one they were sealed with';
      throw new SealBrokenError(`${reason}; set it back, or see sallyport keys reseal`, { cause });
    }
  }

  /** Whether a sealed value has the version that {@link seal} uses with this secret. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${this.#version}.`);
  }

  /**
   * Returns a keyed hash (HMAC-SHA-256, base64url) of a text, which may contain a password: the hash can be compared
   * later but does not allow guesses without the secret. Each `purpose` gives a different hash.
   */
  fingerprint(text: string, purpose: string): string {
    return createHmac('sha256', this.deriveKey(`fingerprint ${purpose}`))
      .update(text)
      .digest('base64url');
  }

  /** Derives a key of 32 bytes for another use than sealing, always the same for one secret and purpose. */
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
