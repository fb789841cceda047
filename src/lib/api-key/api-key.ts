import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from './base62.ts';

/** 178 random bits in base 62. */
const RANDOM_LENGTH = 30;
/** 32 bits in base 62. */
const CHECKSUM_LENGTH = 6;
const TAIL = /^[0-9A-Za-z]{36}$/;

/**
 * An opaque API key: `<prefix>_<random><checksum>`. The checksum is the CRC-32 (IEEE 802.3) of the 30 random characters,
 * in base 62. It finds keys in other texts and refuses mistyped ones without a look-up; it is no security, because
 * anyone can calculate it.
 *
 * @param seed 32 bytes from which the random part is made; the same bytes make the same key. By default random.
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function makeApiKey(prefix: string, seed: Uint8Array = randomBytes(32)): string {
  const random = base62(BigInt(`0x${Buffer.from(seed).toString('hex')}`), RANDOM_LENGTH);
  return `${prefix}_${random}${checksumOf(random)}`;
}

/** Whether a credential claims to be one of our API keys: nothing else may read it. */
export function hasKeyPrefix(credential: string, prefix: string | undefined): boolean {
  return prefix !== undefined && credential.startsWith(`${prefix}_`);
}

/** Whether the text is an API key with this prefix and the right checksum. It need not exist. */
export function isApiKey(text: string, prefix: string): boolean {
  const tail = text.slice(prefix.length + 1);
  if (!hasKeyPrefix(text, prefix) || !TAIL.test(tail)) return false;
  return checksumOf(tail.slice(0, RANDOM_LENGTH)) === tail.slice(RANDOM_LENGTH);
}

/** The hex SHA-256 of an API key: the only trace of it that is stored, and its thumbprint in the revocation set. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function checksumOf(random: string): string {
  return base62(BigInt(crc32(random)), CHECKSUM_LENGTH);
}
