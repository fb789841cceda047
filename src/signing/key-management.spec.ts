import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { own } from '../../test/support/jwt/issuers.ts';
import { KeyRingFixture, SEALER } from '../../test/support/jwt/signing.ts';
import { NOW } from '../../test/support/jwt/verifying.ts';
import { withRevocations } from '../../test/support/store/revocations.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { Secret } from '../config/secret.ts';
import { timeOf } from '../lib/time-format.ts';
import { KeyManagement } from './key-management.ts';
import { readOrMakeSealFile } from './seal-file.ts';
import { SealBrokenError, Sealer } from './sealer.ts';
import { openSigningKey } from './signing-key.ts';

const BY = { by: 'operator:ada' };
const FORMER = Buffer.from('f'.repeat(32));
const CURRENT = Buffer.from('c'.repeat(32));

function setUp(issuer: OwnIssuer = own(), sealer: Sealer = SEALER, sealFile?: string) {
  const ringing = new KeyRingFixture();
  const { signingKeys: store, revocations } = withRevocations(ringing.store);
  const records: unknown[] = [];
  const audit = {
    signingKeyMade: (...record: unknown[]) => void records.push(['made', ...record]),
    signingKeysResealed: (...record: unknown[]) => void records.push(['resealed', ...record]),
  };
  const clock = { wallMs: () => ringing.nowSeconds * 1000 };
  const openSealer = async () => sealer;
  const parts = { issuer, store, revocations, openSealer, sealFile, audit, clock, clockSkewMs: 30_000 };
  return { ringing, keys: new KeyManagement(parts), records };
}

describe('KeyManagement.rotate()', () => {
  it('makes a key and records it', async () => {
    const { ringing, keys, records } = setUp();
    await ringing.ring().reconcile();
    const { outcome, key } = await keys.rotate(BY);
    expect(outcome).toBe('made');
    expect((await keys.list()).map(({ state }) => state)).toEqual(['signing', 'waiting']);
    const signsFrom = timeOf((NOW + 600) * 1000);
    expect(records).toEqual([['made', BY, { issuer: 'sallyport', kid: key.kid, signsFrom }]]);
  });

  it('makes no key and no record if a key is waiting', async () => {
    const { ringing, keys, records } = setUp();
    await ringing.ring().reconcile();
    const { key } = await ringing.ring().rotate();
    expect(await keys.rotate(BY)).toEqual({ outcome: 'waits', key });
    expect(records).toEqual([]);
  });

  it('reports a waiting key for another algorithm', async () => {
    const { ringing, keys, records } = setUp(own('ES256'));
    await ringing.ring().reconcile();
    const { key } = await ringing.ring().rotate();
    expect(await keys.rotate(BY)).toEqual({ outcome: 'waits for another algorithm', key });
    expect(records).toEqual([]);
  });

  it('records nothing if the keys cannot be opened', async () => {
    const { ringing, keys, records } = setUp(own(), new Sealer(CURRENT));
    await ringing.ring().reconcile();
    await expect(keys.rotate(BY)).rejects.toThrow(SealBrokenError);
    expect(records).toEqual([]);
  });
});

describe('KeyManagement.reseal()', () => {
  const sealed = (): OwnIssuer => own('EdDSA', { signing: { ...own().signing, sealWith: new Secret(CURRENT) } });

  it('seals keys of another secret again, once, and records their number', async () => {
    const { ringing, keys, records } = setUp(sealed(), new Sealer(CURRENT));
    const [key] = await ringing.ring(own(), new Sealer(FORMER)).reconcile();
    expect(await keys.reseal(FORMER, BY)).toEqual({ outcome: 'resealed', count: 1 });
    const [resealed] = await keys.list();
    expect(resealed?.key.kid).toBe(key?.kid);
    if (resealed !== undefined) openSigningKey(resealed.key, new Sealer(CURRENT));
    expect(records).toEqual([['resealed', BY, { issuer: 'sallyport', count: 1 }]]);
    expect(await keys.reseal(FORMER, BY)).toEqual({ outcome: 'resealed', count: 0 });
    expect(records).toHaveLength(1);
  });

  it('uses the secret in the file beside the store if no former one is given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-seal-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'store.db.seal');
    const { ringing, keys } = setUp(sealed(), new Sealer(CURRENT), path);
    expect(await keys.reseal(undefined, BY)).toEqual({ outcome: 'no former secret', path });
    await ringing.ring(own(), new Sealer(await readOrMakeSealFile(path))).reconcile();
    expect(await keys.reseal(undefined, BY)).toEqual({ outcome: 'resealed', count: 1 });
  });

  it('requires a new and a former secret', async () => {
    expect(await setUp().keys.reseal(FORMER, BY)).toEqual({ outcome: 'no new secret' });
    const none = { outcome: 'no former secret', path: undefined };
    expect(await setUp(sealed()).keys.reseal(undefined, BY)).toEqual(none);
  });

  it('changes and records nothing if neither secret opens a key', async () => {
    const { ringing, keys, records } = setUp(sealed(), new Sealer(CURRENT));
    await ringing.ring().reconcile();
    const before = await keys.list();
    await expect(keys.reseal(FORMER, BY)).rejects.toThrow(SealBrokenError);
    expect(await keys.list()).toEqual(before);
    expect(records).toEqual([]);
  });
});
