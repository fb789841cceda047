import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { account, entry } from '../../../test/support/store/records.ts';
import { openMemoryStore } from '../memory/store.ts';
import { importCopy } from './import-copy.ts';
import { checkCopy } from './read-copy.ts';
import { writeCopy } from './write-copy.ts';

it('importCopy() audits what it wrote before the store failed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-import-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'copy.jsonl');
  const source = openMemoryStore();
  await source.accounts.add(account('account-1', 'ada'));
  await source.revocations.write(entry('sallyport:revoked:own:t1'));
  let text = '';
  const about = { sallyport: '1', exportedAt: '2026-11-26T00:00:00Z', issuers: [] };
  await writeCopy(source.contents, about, (line) => void (text += line));
  await writeFile(path, text);

  const store = openMemoryStore();
  store.accounts.add = () => Promise.reject(new Error('down'));
  const records: unknown[] = [];
  const audit = { storeImported: (...record: unknown[]) => void records.push(record) };
  const by = { by: 'ada' };
  const request = { path, header: await checkCopy(path), intoNonEmpty: false, by };
  const parts = { store, audit, issuers: ['own'], nowSeconds: 0 };
  const report = { progress: () => {}, merged: () => {} };
  await expect(importCopy(request, parts, report)).rejects.toThrow('down');
  const counts = { accounts: 0, signingKeys: 0, tokens: 0, revocations: 1, conflicts: 0 };
  expect(records).toEqual([[by, { exportedAt: about.exportedAt, ...counts, isComplete: false }]]);
});
