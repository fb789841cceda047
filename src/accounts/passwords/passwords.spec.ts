import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Passwords } from './passwords.ts';

/** The hash of "password" by RFC 9106's reference implementation: `argon2 somesalt -id -t 2 -k 64 -p 1 -l 24`. */
const FOREIGN = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
/** The hash of "pässword" in NFD: former versions hashed passwords as typed. */
const HASHED_AS_TYPED = '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$T4EMLQjhRJWkT6CDakdpAbeWdovJ89kh';

describe('Passwords', () => {
  it('verify() matches only the password that was hashed', async () => {
    const passwords = new Passwords();
    const phc = await hash(passwords, 'pässword: with colon');
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await passwords.verify('pässword: with colon', phc)).toBe('match');
    for (const guess of ['pässword', 'pässword: with colon ', '', 'x'.repeat(2000)]) {
      expect(await passwords.verify(guess, phc)).toBe('mismatch');
    }
    expect(await hash(passwords, 'pässword: with colon')).not.toBe(phc);
  });

  it('verify() compares passwords in NFC', async () => {
    const passwords = new Passwords();
    const [composed, decomposed] = (['NFC', 'NFD'] as const).map((form) => 'pässword Å'.normalize(form));
    const phc = await hash(passwords, decomposed ?? '');
    expect(await passwords.verify(composed ?? '', phc)).toBe('match');
    expect(await passwords.verify(decomposed ?? '', phc)).toBe('match');
  });

  it('verify() matches a password that was hashed without NFC, if it is typed in the same form', async () => {
    expect(await new Passwords().verify('pässword'.normalize('NFD'), HASHED_AS_TYPED)).toBe('match');
    expect(await new Passwords().verify('pässword'.normalize('NFC'), HASHED_AS_TYPED)).toBe('mismatch');
  });

  it('refuses a lone surrogate, because Node encodes all of them alike', async () => {
    const passwords = new Passwords();
    const phc = await hash(passwords, 'p\uFFFDssword');
    for (const guess of ['p\uD800ssword', 'p\uDFFFssword']) expect(await passwords.verify(guess, phc)).toBe('mismatch');
    await expect(passwords.hash('p\uD800ssword')).rejects.toThrow(RangeError);
  });

  it("verify() matches another implementation's hash", async () => {
    expect(await new Passwords().verify('password', FOREIGN)).toBe('match');
  });

  it('verify() reports a mismatch without a hash', async () => {
    expect(await new Passwords().verify('anything', undefined)).toBe('mismatch');
  });

  it('verify() rejects if it cannot read the hash', async () => {
    await expect(new Passwords().verify('x', 'plain')).rejects.toThrow('cannot be read');
  });

  it('hash() refuses an empty password and one over 1024 bytes', async () => {
    await expect(new Passwords().hash('')).rejects.toThrow(RangeError);
    await expect(new Passwords().hash('é'.repeat(513))).rejects.toThrow(RangeError);
  });

  it('verify() reports busy while the queue is full, and works again once it has drained', async () => {
    const passwords = new Passwords();
    const all = Array.from({ length: 40 }, () => passwords.verify('guess', undefined, 'familiar'));
    expect(passwords.hasRoom('familiar')).toBe(false);
    const verdicts = await Promise.all(all);
    expect(verdicts.filter((verdict) => verdict === 'mismatch')).toHaveLength(34);
    expect(verdicts.slice(34)).toEqual(Array.from({ length: 6 }, () => 'busy'));
    expect(await passwords.verify('guess', undefined)).toBe('mismatch');
  });

  it('hash() leaves threads free for other work, such as signature checks', async () => {
    const passwords = new Passwords();
    let done = 0;
    const all = Array.from({ length: 30 }, () => passwords.hash('a new password').then(() => (done += 1)));
    await promisify(randomBytes)(16);
    expect(done).toBeLessThan(10);
    await Promise.all(all);
  });

  it('hash() uses the same queue as verify(), and reports busy while the queue is full', async () => {
    const passwords = new Passwords();
    const all = await Promise.all(Array.from({ length: 40 }, () => passwords.hash('a new password')));
    expect(all.filter(({ outcome }) => outcome === 'done')).toHaveLength(34);
    expect(all.slice(34)).toEqual(Array.from({ length: 6 }, () => ({ outcome: 'busy' })));
  });
});

async function hash(passwords: Passwords, password: string): Promise<string> {
  const hashed = await passwords.hash(password);
  if (hashed.outcome === 'busy') throw new Error('busy');
  return hashed.value;
}
