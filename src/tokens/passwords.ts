import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const hashArgon2 = promisify(argon2);

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const MAX_PASSWORD_BYTES = 1024;
/** At once, and waiting: hashing must not take every core, nor a flood of guesses all memory. */
const MAX_RUNNING = 2;
const MAX_WAITING = 32;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** `busy`: the queue is full and nothing was compared. */
export type PasswordVerdict = 'match' | 'mismatch' | 'busy';

/**
 * Hashes and compares passwords (Argon2id, RFC 9106), a bounded number at a time behind a bounded queue. They are hashed
 * in NFC, because keyboards and systems differ in how they compose a letter (RFC 8265, section 4.2.1).
 */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly decoy = encodePhc(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES));

  /**
   * A PHC string with a fresh salt; throws a `RangeError` on an empty password, on one over 1024 bytes, and on one that
   * holds a lone surrogate, which has no bytes of its own.
   */
  async hash(written: string): Promise<string> {
    const password = written.normalize('NFC');
    if (!isHashable(password)) throw new RangeError('a password has 1 to 1024 bytes');
    const salt = randomBytes(SALT_BYTES);
    return encodePhc(salt, await derive(password, salt, COST, TAG_BYTES));
  }

  /**
   * Compares a password with an account's hash. Without a hash, as for an unknown account, it costs the same and
   * never matches.
   *
   * Hashes of former versions are of what was typed. So a password that NFC changes is compared twice, in NFC and as it
   * is, until one matches: what that costs depends on the password alone, and never on whether there is an account.
   */
  async verify(password: string, phc: string | undefined): Promise<PasswordVerdict> {
    const forms = [...new Set([password.normalize('NFC'), password])];
    if (!forms.every(isHashable)) return 'mismatch';
    if (this.running >= MAX_RUNNING && this.waiting.length >= MAX_WAITING) return 'busy';
    await this.enter();
    try {
      for (const form of forms) {
        const matches = await compare(form, phc ?? this.decoy);
        if (matches && phc !== undefined) return 'match';
      }
      return 'mismatch';
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < MAX_RUNNING) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Hands the place to the next in line, so that nobody can slip in between. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }
}

function isHashable(password: string): boolean {
  return password !== '' && password.isWellFormed() && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
}

async function compare(password: string, phc: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('an account has a password hash that cannot be read');
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
