import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';
import { account, entry } from '../../../test/support/store/records.ts';
import { formatEpoch, parseEpoch } from '../../revocation-set/epoch.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { Store } from '../../store/store.ts';

const LOST = formatEpoch({ epoch: 'new', follows: [], loss: { lost: ['old'], noticedAt: 1_800_000_000 } });
const REFUSED = /^sallyport: log\.audit: cannot open the file: .*; nothing was done, since it could not be recorded$/m;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-store-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function configure(name: string, audit = './audit.log'): Promise<readonly string[]> {
  const file = join(folder, `${name}.yaml`);
  const text = `version: 1\nlisten: { extAuthz: "127.0.0.1:0" }\nstore: sqlite:./${name}.db\nlog: { audit: ${audit} }\nroutes: []\n`;
  await writeFile(file, text);
  return ['--config', file];
}

async function onStore<Value>(name: string, use: (store: Store) => Promise<Value>): Promise<Value> {
  const store = await openSqliteStore(join(folder, `${name}.db`));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function records(): Promise<readonly unknown[]> {
  const text = await readFile(join(folder, 'audit.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('sallyport store accept-loss', () => {
  async function lose(): Promise<void> {
    await onStore('lost', async ({ epochs }) => {
      for (const [key, found] of await epochs.read()) expect(await epochs.swap(key, found, LOST)).toBe(true);
    });
  }

  async function epochIn(): Promise<string> {
    return await onStore('lost', async ({ epochs }) => [...(await epochs.read()).values()][0] ?? '');
  }

  it('accepts the loss and records who did it, since when it was, and the new epoch', async () => {
    await lose();
    expect(await runSallyport(['store', 'accept-loss', ...(await configure('lost'))])).toEqual({
      code: 2,
      output: expect.stringMatching(/^sallyport: this declares the revocation set complete: .*; add --yes to confirm/),
    });
    const accepted = await runSallyport(['store', 'accept-loss', '--yes', '--by', 'ada', ...(await configure('lost'))]);
    expect(accepted).toEqual({
      code: 0,
      output: expect.stringMatching(/^accepted: the loss noticed on 2027-01-15T08/),
    });
    const record = parseEpoch(await epochIn());
    expect(record).toEqual({ epoch: expect.any(String), follows: ['old', 'new'], loss: undefined });
    expect(await records()).toMatchObject([
      {
        log: 'audit',
        msg: 'loss of the revocation set accepted',
        by: 'ada',
        key: expect.stringMatching(/^sallyport:revoked-epoch/),
        epoch: record?.epoch,
        lost: ['old'],
        since: '2027-01-15T08:00:00.000Z',
      },
    ]);
    const again = await runSallyport(['store', 'accept-loss', ...(await configure('lost'))]);
    expect(again).toEqual({ code: 0, output: 'nothing is lost; nothing was changed\n' });
    expect(await records()).toHaveLength(1);
  });

  it('changes nothing if the audit log cannot be opened', async () => {
    await lose();
    const accepted = await runSallyport([
      'store',
      'accept-loss',
      '--yes',
      ...(await configure('lost', './none/audit.log')),
    ]);
    expect(accepted).toEqual({ code: 1, output: expect.stringMatching(REFUSED) });
    expect(await epochIn()).toBe(LOST);
  });
});

describe('sallyport store import', () => {
  let copy: string;

  beforeEach(async () => {
    copy = join(folder, 'copy.jsonl');
    await onStore('from', async (store) => {
      await store.accounts.add(account('account-1', 'ada'));
      await store.revocations.write(entry('sallyport:revoked:own:t1'));
      await store.revocations.write(entry('sallyport:revoked:own:t2'));
    });
    const exported = await runSallyport(['store', 'export', '--out', copy, ...(await configure('from'))]);
    expect(exported.code, exported.output).toBe(0);
  });

  it('records who imported what, and no hash of a password', async () => {
    const imported = await runSallyport(['store', 'import', copy, '--by', 'ada', ...(await configure('to'))]);
    expect(imported.code, imported.output).toBe(0);
    const written = { accounts: 1, signingKeys: 0, tokens: 0, revocations: 2, conflicts: 0 };
    const exportedAt = expect.stringMatching(/^\d{4}-/);
    const lines = await records();
    expect(lines).toMatchObject([{ log: 'audit', msg: 'store imported', by: 'ada', exportedAt, ...written }]);
    expect(JSON.stringify(lines)).not.toContain('argon2id');
  });

  it('names the system user if --by is not given', async () => {
    await runSallyport(['store', 'import', copy, ...(await configure('to'))]);
    expect(await records()).toMatchObject([{ by: expect.stringMatching(/^operator:./) }]);
  });

  it('records conflicts, and exits with 1', async () => {
    await onStore('to', (store) => store.accounts.add(account('account-2', 'ada')));
    const args = ['store', 'import', copy, '--into-non-empty', ...(await configure('to'))];
    expect((await runSallyport(args)).code).toBe(1);
    expect(await records()).toMatchObject([{ accounts: 0, revocations: 2, conflicts: 1 }]);
  });

  it('writes nothing, and no record, into a store that is not empty', async () => {
    await onStore('to', (store) => store.accounts.add(account('account-2', 'max')));
    const imported = await runSallyport(['store', 'import', copy, ...(await configure('to'))]);
    expect(imported).toEqual({ code: 1, output: expect.stringContaining('the store is not empty') });
    expect(await records()).toEqual([]);
  });

  it('writes nothing if the audit log cannot be opened', async () => {
    const imported = await runSallyport(['store', 'import', copy, ...(await configure('to', './none/audit.log'))]);
    expect(imported).toEqual({ code: 1, output: expect.stringMatching(REFUSED) });
    const found = await onStore('to', async (store) => [
      await store.accounts.list(),
      await store.revocations.readEntries(['sallyport:revoked:own:t1']),
    ]);
    expect(found).toEqual([[], [undefined]]);
  });

  it('writes nothing of a file that is no copy', async () => {
    await writeFile(copy, 'x');
    const imported = await runSallyport(['store', 'import', copy, ...(await configure('to'))]);
    expect(imported).toEqual({ code: 1, output: expect.stringContaining('line 1: not a copy of a store') });
    expect(await records()).toEqual([]);
  });
});
