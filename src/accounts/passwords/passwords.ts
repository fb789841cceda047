import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { toNfc } from '../../lib/nfc.ts';
import type { Precedence, Queued } from './hashing-queue.ts';
import { HashingQueue } from './hashing-queue.ts';

const hashArgon2 = promisify(argon2);

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const MAX_PASSWORD_BYTES = 1024;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** `busy`: the queue is full, and nothing was compared. */
export type PasswordVerdict = 'match' | 'mismatch' | 'busy';

/**
 * Hashes and compares passwords (Argon2id, RFC 9106) through one bounded queue. Hashes passwords in NFC, because
 * keyboards and systems differ in how they compose a letter (RFC 8265, section 4.2.1).
 */
export class Passwords {
  private readonly queue = new HashingQueue();
  private readonly decoy = encodePhc(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES));

  /**
   * Hashes a password with a new salt; resolves to a PHC string. Rejects with a `RangeError` if the password is empty,
   * is longer than 1024 bytes or contains a lone surrogate, which has no UTF-8 encoding.
   */
  async hash(typed: string): Promise<Queued<string>> {
    const password = toNfc(typed);
    if (!isHashable(password)) throw new RangeError('a password has 1 to 1024 bytes');
    const salt = randomBytes(SALT_BYTES);
    return this.queue.run(async () => encodePhc(salt, await derive(password, salt, COST, TAG_BYTES)), 'familiar');
  }

  /** Whether a password could be compared now. */
  hasRoom(precedence: Precedence): boolean {
    return this.queue.hasRoom(precedence);
  }

  /**
   * Compares a password with an account's hash. Without a hash, as for an unknown account, the comparison takes the
   * same time and never matches. Rejects if the hash is not a valid PHC string.
   *
   * Former versions hashed passwords as typed. Therefore a password that NFC changes is compared in NFC and, if that
   * does not match, as typed. The time for a wrong password depends only on that password, not on whether the account
   * exists.
   */
  async verify(
    password: string,
    phc: string | undefined,
    precedence: Precedence = 'stranger',
  ): Promise<PasswordVerdict> {
    const forms = [...new Set([toNfc(password), password])];
    if (!forms.every(isHashable)) return 'mismatch';
    const compared = await this.queue.run(async (): Promise<PasswordVerdict> => {
      for (const form of forms) {
        const matches = await compare(form, phc ?? this.decoy);
        if (matches && phc !== undefined) return 'match';
      }
      return 'mismatch';
    }, precedence);
    return compared.outcome === 'busy' ? 'busy' : compared.value;
  }
}

function isHashable(password: string): boolean {
  return password !== '' && password.isWellFormed() && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
}

async function compare(password: string, phc: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('the password hash of an account cannot be read');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(tag, 'base64');
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost, expected.length), expected);
}

function derive(
  password: string,
  nonce: Uint8Array,
  cost: { readonly memory: number; readonly passes: number; readonly parallelism: number },
  tagLength: number,
): Promise<Buffer> {
  return hashArgon2('argon2id', { message: password, nonce, tagLength, ...cost });
}

function encodePhc(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
