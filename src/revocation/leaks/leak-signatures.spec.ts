import { createSign, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseReporterKeys } from '../../lib/api-key/reporter-keys.ts';
import { LeakSignatures } from './leak-signatures.ts';
import { givenReporterKeys } from './published-reporter-keys.ts';

/** GitHub's documented example: a test key, a message and its signature. */
const GITHUB = {
  keyId: 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d',
  key: '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\nHzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==\n-----END PUBLIC KEY-----\n',
  body: '[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]',
  signature: 'MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=',
};
const CLIENT = '192.0.2.1';

let nowMs: number;
let signatures: LeakSignatures;

beforeEach(() => {
  nowMs = 0;
  const document = { public_keys: [{ key_identifier: GITHUB.keyId, key: GITHUB.key, is_current: true }] };
  const keys = parseReporterKeys(JSON.stringify(document));
  if (keys === undefined) throw new Error('the document has a key');
  signatures = new LeakSignatures(givenReporterKeys(keys), { monotonicMs: () => nowMs });
});

function check(changes: Partial<Record<'body' | 'keyId' | 'signature' | 'client', string>> = {}) {
  const { body, keyId, signature, client } = { ...GITHUB, client: CLIENT, ...changes };
  return signatures.check({ body: Buffer.from(body), keyId, signature, client });
}

describe('LeakSignatures', () => {
  it("accepts GitHub's documented example", async () => {
    expect(await check()).toEqual({ outcome: 'genuine' });
  });

  it.each([
    ['another byte in the body', { body: `${GITHUB.body} ` }],
    ['the same JSON in another spelling', { body: JSON.stringify(JSON.parse(GITHUB.body), undefined, 1) }],
    ['another key', { keyId: '0'.repeat(64) }],
    ['no key', { keyId: '' }],
    ['a very long key id', { keyId: 'f'.repeat(10_000) }],
    ['no signature', { signature: '' }],
    ['a signature that is cut', { signature: GITHUB.signature.slice(0, 40) }],
    ['a signature of two fields', { signature: `${GITHUB.signature}, ${GITHUB.signature}` }],
    ['a signature with a byte more', { signature: Buffer.concat([decoded(), Buffer.of(0)]).toString('base64') }],
    ['an empty DER sequence', { signature: Buffer.of(0x30, 0).toString('base64') }],
    ['zero for r and s', { signature: Buffer.of(0x30, 6, 2, 1, 0, 2, 1, 0).toString('base64') }],
    ['r and s without DER', { signature: Buffer.alloc(64, 1).toString('base64') }],
  ])('refuses %s', async (_what, changes) => {
    expect(await check(changes)).toMatchObject({ outcome: 'wrong' });
  });

  it("refuses another key's signature under this key's id", async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signature = createSign('sha256').update(GITHUB.body).sign(privateKey, 'base64');
    expect(await check({ signature })).toMatchObject({ outcome: 'wrong' });
  });

  it('bounds the wrong signatures of an address block, and leaves others alone', async () => {
    for (let tries = 0; tries < 20; tries++) expect(await check({ signature: '' })).toMatchObject({ outcome: 'wrong' });
    expect(await check()).toEqual({ outcome: 'too many', retryAfterSeconds: 5 });
    expect(await check({ client: '192.0.2.2' })).toEqual({ outcome: 'genuine' });
    nowMs += 5_000;
    expect(await check()).toEqual({ outcome: 'genuine' });
  });

  it('bounds how many messages of an address block wait for the keys', async () => {
    const keys = Promise.withResolvers<'unavailable'>();
    signatures = new LeakSignatures({ find: () => keys.promise }, { monotonicMs: () => nowMs });
    const waiting = Array.from({ length: 20 }, () => check());
    expect(await check()).toMatchObject({ outcome: 'too many' });
    keys.resolve('unavailable');
    expect(new Set((await Promise.all(waiting)).map(({ outcome }) => outcome))).toEqual(new Set(['unavailable']));
    expect(await check()).toEqual({ outcome: 'unavailable' });
  });
});

function decoded(): Buffer {
  return Buffer.from(GITHUB.signature, 'base64');
}
