import { createPublicKey } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { forge } from '../../../test/support/jwt/forge.ts';
import type { KeyPair } from '../../../test/support/jwt/keys.ts';
import { ed25519, p256, p384, rsa, secretOf } from '../../../test/support/jwt/keys.ts';
import type { VerificationKey } from '../keys.ts';
import { signatureCostMs } from './signature-cost.ts';
import { SignatureThread } from './signature-thread.ts';
import { Signatures } from './signatures.ts';

function keyOf({ publicKey }: Pick<KeyPair, 'publicKey'>): VerificationKey {
  return { kid: undefined, key: publicKey, inForce: { inForce: true } };
}

const [ES, ED, RS, ES384] = [p256, ed25519, rsa, p384].map(keyOf) as [
  VerificationKey,
  VerificationKey,
  VerificationKey,
  VerificationKey,
];
const HS = keyOf({ publicKey: secretOf('s') });

function token(index: number, algorithm = 'ES256', { privateKey }: Pick<KeyPair, 'privateKey'> = p256): string {
  return forge({ alg: algorithm }, { index }, privateKey);
}

/** A token with the signature of another one. */
function forged(index: number): string {
  const [head, payload] = token(index).split('.');
  return `${head}.${payload}.${token(index + 1).split('.')[2]}`;
}

/** The module of a thread that runs this for each batch, after it has said that it is ready. */
function threadThat(onBatch: string): URL {
  const source = `
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (batch) => { ${onBatch} });
    parentPort.postMessage('ready');`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0)) await part.close();
});

const clock = { monotonicMs: () => performance.now() };

function threadOf(thread?: URL, time = clock): SignatureThread {
  const made = new SignatureThread({ clock: time, freed: () => {}, thread });
  opened.push(made);
  return made;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

describe('SignatureThread', () => {
  it('gives each of many tokens the answer to its own bytes, whatever their keys and order', async () => {
    const thread = threadOf();
    const asked = Array.from({ length: 100 }, (_, index) => {
      switch (index % 5) {
        case 0:
          return { jws: token(index), algorithm: 'ES256', keys: [ES], signer: ES };
        case 1:
          return { jws: forged(index), algorithm: 'ES256', keys: [ES], signer: 'none' };
        case 2:
          return { jws: token(index, 'EdDSA', ed25519), algorithm: 'EdDSA', keys: [ED], signer: ED };
        case 3:
          return { jws: token(index), algorithm: 'ES256', keys: [ES384, RS, ES], signer: ES };
        default:
          return { jws: token(index), algorithm: 'ES256', keys: [RS], signer: 'none' };
      }
    });
    const found = await Promise.all(
      asked.map(async ({ jws, algorithm, keys }) => await thread.find(jws, algorithm, keys)),
    );
    expect(found).toEqual(asked.map(({ signer }) => signer));
  });

  it('takes a bounded number of questions', async () => {
    const thread = threadOf();
    const jws = token(1);
    const asked = Array.from({ length: 200 }, () => thread.find(jws, 'ES256', [ES]));
    const taken = asked.filter((answer) => answer !== undefined);
    expect([taken.length, thread.hasRoom()]).toEqual([128, false]);
    expect(new Set(await Promise.all(taken))).toEqual(new Set([ES]));
    expect(thread.hasRoom()).toBe(true);
  });

  it.each([
    ['dies', 'process.exit(0)'],
    ['throws', 'throw new Error("broken")'],
    ['answers another batch', 'parentPort.postMessage({ id: batch.id + 1, signers: [0] })'],
    ['answers too little', 'parentPort.postMessage({ id: batch.id, signers: [] })'],
    ['answers too much', 'parentPort.postMessage({ id: batch.id, signers: [0, 0] })'],
    ['names a key that it was not asked about', 'parentPort.postMessage({ id: batch.id, signers: [1] })'],
    ['names no key', 'parentPort.postMessage({ id: batch.id, signers: [undefined] })'],
  ])('is unavailable, never a signer, when it %s', async (_, onBatch) => {
    const thread = threadOf(threadThat(onBatch));
    expect(await thread.find(token(1), 'ES256', [ES])).toBe('unavailable');
    expect([thread.hasRoom(), thread.isReady]).toEqual([true, false]);
    // Not at once again, since it may fail for good.
    expect(thread.find(token(1), 'ES256', [ES])).toBeUndefined();
  });

  it('is replaced after a failure', async () => {
    let nowMs = 0;
    const thread = threadOf(undefined, { monotonicMs: () => nowMs });
    expect(await thread.find(token(1), 'ES256', [ES])).toBe(ES);
    await thread.close();
    const again = threadOf(threadThat('if (batch.keys.length > 0) process.exit(1)'), { monotonicMs: () => nowMs });
    expect(await again.find(token(1), 'ES256', [ES])).toBe('unavailable');
    nowMs += 1_000;
    expect(again.start()).toBe(true);
  });

  it('is given up when it hangs', async () => {
    let nowMs = 0;
    const thread = threadOf(threadThat(''), { monotonicMs: () => nowMs });
    const answer = thread.find(token(1), 'ES256', [ES]);
    await until(() => thread.isReady);
    await wait(5);
    nowMs += 1_000;
    expect(await answer).toBe('unavailable');
  });

  it('answers nothing more once it is closed', async () => {
    const thread = threadOf();
    const answer = thread.find(token(1), 'ES256', [ES]);
    await thread.close();
    expect(await answer).toBe('unavailable');
    expect(thread.find(token(1), 'ES256', [ES])).toBeUndefined();
  });
});

describe('Signatures', () => {
  /** A clock that stands still: nothing renews the budget of work at once. */
  function signaturesOf(thread?: URL): Signatures {
    const made = new Signatures({ clock: { monotonicMs: () => 5_000 }, freed: () => {}, thread });
    opened.push(made);
    return made;
  }

  it('verifies HMAC at once, however many there are', () => {
    const signatures = signaturesOf();
    const jws = forge({ alg: 'HS256' }, {}, HS.key);
    const found = Array.from({ length: 1_000 }, () => signatures.find(jws, 'HS256', [HS]));
    expect(found.every((signer) => signer === HS)).toBe(true);
  });

  it('verifies the odd slow signature at once, and a burst on the thread', async () => {
    const signatures = signaturesOf();
    const find = (index: number) => signatures.find(token(index), 'ES256', [ES]);
    expect(Array.from({ length: 10 }, (_, index) => find(index))).toEqual(Array(10).fill(ES));
    // The thread has started with the fifth.
    let found = find(0);
    while (!(found instanceof Promise)) {
      expect(found).toBe(ES);
      await wait(5);
      found = find(0);
    }
    const burst = Array.from({ length: 50 }, (_, index) => find(index));
    expect(burst.every((signer) => signer instanceof Promise)).toBe(true);
    expect(await Promise.all(burst.map(async (signer) => await signer))).toEqual(Array(50).fill(ES));
    expect(await signatures.find(forged(1), 'ES256', [ES])).toBe('none');
  });

  it.each([
    ['with 16,384 bits', 2_048, Buffer.from([1, 0, 1])],
    ['with a public exponent of 2,048 bits', 256, Buffer.alloc(256, 0xff)],
  ])('never verifies at once by an RSA key %s, which takes milliseconds', (_, bytes, exponent) => {
    const modulus = Buffer.alloc(bytes, 0xc5);
    const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
    const key = keyOf({ publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
    expect(signatureCostMs([key])).toBeGreaterThan(1);
    const signatures = signaturesOf(threadThat('process.exit(1)'));
    // Not at once: a promise, of the thread.
    expect(signatures.find(token(1, 'RS256', rsa), 'RS256', [key])).toBeInstanceOf(Promise);
  });

  it('takes many keys as slow, however fast each is', () => {
    const signatures = signaturesOf(threadThat(''));
    const keys = Array.from({ length: 100 }, () => RS);
    expect(signatures.find(token(1, 'RS256', rsa), 'RS256', keys)).toBeInstanceOf(Promise);
  });

  it('verifies at once while no thread starts, except what would block for long', async () => {
    const signatures = signaturesOf(threadThat('process.exit(1)'));
    const slow = Array.from({ length: 20 }, () => ES384);
    expect(await signatures.find(token(1), 'ES256', slow)).toBe('unavailable');
    expect(signatures.find(token(1), 'ES256', slow)).toBe('unavailable');
    const found = Array.from({ length: 10 }, (_, index) => signatures.find(token(index), 'ES256', [ES]));
    expect(found).toEqual(Array(10).fill(ES));
    expect(signatures.find(forged(1), 'ES256', [ES])).toBe('none');
  });
});
