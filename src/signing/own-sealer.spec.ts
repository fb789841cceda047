import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { own } from '../../test/support/jwt/issuers.ts';
import { makeKey } from '../../test/support/jwt/signing.ts';
import { Secret } from '../config/secret.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { openOwnSealer } from './own-sealer.ts';
import { Sealer } from './sealer.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-own-'));
});

afterEach(() => rm(folder, { recursive: true }));

function sqlite(name = 'store.db') {
  return { kind: 'sqlite', path: join(folder, name) } as const;
}

describe('openOwnSealer()', () => {
  it('uses the configured secret, and then makes no file', async () => {
    const sealWith = new Secret(Buffer.alloc(32, 'c'));
    const issuer = own('EdDSA', { signing: { algorithm: 'EdDSA', sealWith, publishAheadSeconds: 600 } });
    const sealer = await openOwnSealer(issuer, sqlite(), openMemoryStore().signingKeys);
    const sealed = new Sealer(sealWith.reveal()).seal(Buffer.from('x'), 'p');
    expect(Buffer.from(sealer.open(sealed, 'p')).toString()).toBe('x');
    expect(await readdir(folder)).toEqual([]);
  });

  it('otherwise uses the secret beside the embedded store, the same each time', async () => {
    const { signingKeys } = openMemoryStore();
    const sealer = await openOwnSealer(own(), sqlite(), signingKeys);
    expect(await readdir(folder)).toEqual(['store.db.seal']);
    const again = await openOwnSealer(own(), sqlite(), signingKeys);
    expect(Buffer.from(again.open(sealer.seal(Buffer.from('x'), 'p'), 'p')).toString()).toBe('x');
  });

  it('makes no secret for a store that already has keys', async () => {
    const { signingKeys } = openMemoryStore();
    await signingKeys.replace('sallyport', 0, [await makeKey()]);
    await expect(openOwnSealer(own(), sqlite('copy.db'), signingKeys)).rejects.toThrow('copy.db.seal is missing');
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes no file for a memory store', async () => {
    await openOwnSealer(own(), { kind: 'memory' }, openMemoryStore().signingKeys);
    await expect(readFile(join(folder, 'store.db.seal'))).rejects.toThrow('ENOENT');
  });
});
