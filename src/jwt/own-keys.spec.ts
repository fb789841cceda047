import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { own } from '../../test/jwt/issuers.ts';
import { Secret } from '../config/secret.ts';
import { openMemoryStore } from '../store/memory.ts';
import { openOwnKeys } from './own-keys.ts';
import { SealBrokenError, Sealer } from './sealer.ts';
import { openSigningKeys } from './signing-keys.ts';

const CLOCK = { wallMs: () => 1_800_000_000_999 };
const MEMORY = { kind: 'memory' } as const;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-own-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('openOwnKeys()', () => {
  const sealWith = new Secret(Buffer.alloc(32, 'c'));
  const configured = own('EdDSA', { signing: { algorithm: 'EdDSA', sealWith } });

  it('seals with the configured secret, and makes no file then', async () => {
    const { signingKeys } = openMemoryStore();
    const sqlite = { kind: 'sqlite', path: join(folder, 'store.db') } as const;
    const [made] = await openOwnKeys(configured, sqlite, signingKeys, CLOCK);
    const [opened] = await openSigningKeys(configured, signingKeys, new Sealer(sealWith.reveal()), 0);
    expect(opened?.kid).toBe(made?.kid);
    expect(await readdir(folder)).toEqual([]);
    expect(await signingKeys.list('sallyport')).toMatchObject([{ createdAtSeconds: 1_800_000_000 }]);
  });

  it('seals with a secret beside the embedded store otherwise', async () => {
    const { signingKeys } = openMemoryStore();
    const sqlite = { kind: 'sqlite', path: join(folder, 'store.db') } as const;
    const [made] = await openOwnKeys(own(), sqlite, signingKeys, CLOCK);
    expect(await readdir(folder)).toEqual(['store.db.seal']);
    expect((await openOwnKeys(own(), sqlite, signingKeys, CLOCK))[0]?.kid).toBe(made?.kid);
  });

  it('does not open the keys of a store that was copied without its secret', async () => {
    const { signingKeys } = openMemoryStore();
    await openOwnKeys(own(), { kind: 'sqlite', path: join(folder, 'store.db') }, signingKeys, CLOCK);
    const copy = { kind: 'sqlite', path: join(folder, 'copy.db') } as const;
    await expect(openOwnKeys(own(), copy, signingKeys, CLOCK)).rejects.toThrow('copy.db.seal is missing');
    expect(await readdir(folder)).toEqual(['store.db.seal']);
    await openOwnKeys(own(), copy, openMemoryStore().signingKeys, CLOCK);
    await expect(openOwnKeys(own(), copy, signingKeys, CLOCK)).rejects.toThrow(SealBrokenError);
  });

  it('needs no secret for a store that ends with the process', async () => {
    expect(await openOwnKeys(own(), MEMORY, openMemoryStore().signingKeys, CLOCK)).toHaveLength(1);
  });
});
