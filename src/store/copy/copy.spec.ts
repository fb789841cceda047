import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Account } from '../../accounts/account.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { SealedSigningKey } from '../../signing/signing-key-store.ts';
import type { TrackedToken } from '../../tokens/token.ts';
import { openMemoryStore } from '../memory/store.ts';
import type { Store } from '../store.ts';
import type { Tally } from './merge-copy.ts';
import { mergeCopy } from './merge-copy.ts';
import { CopyError, checkCopy, readCopy } from './read-copy.ts';
import { writeCopy } from './write-copy.ts';

/** Unix seconds. */
const NOW = 2_000_000_000;
const HASH = '$argon2id$v=19$secret-of-ada';
const ABOUT = {
  sallyport: '9.9.9',
  exportedAt: '2026-11-22T12:00:00.000Z',
  issuers: [{ name: 'own', issuer: 'https://o' }],
};

const ADA: Account = {
  id: 'a-1',
  name: 'ada',
  email: 'ada@example.com',
  passwordHash: HASH,
  scopes: ['all:any'],
  disabled: true,
  createdAtSeconds: 1.5,
  version: 0,
};
const PLAIN: TrackedToken = {
  id: 't-2',
  accountId: 'a-1',
  use: 'access',
  scopes: [],
  createdAtSeconds: NOW - 9,
  expiresAtSeconds: NOW + 10,
  lastUsedAtSeconds: undefined,
  end: undefined,
  successor: undefined,
};
const USED: TrackedToken = {
  ...PLAIN,
  id: 't-1',
  use: 'private',
  name: 'caf\u00e9\u2028',
  scopes: ['messages:send'],
  keyHash: 'a'.repeat(64),
  lastUsedAtSeconds: NOW - 5.5,
  end: { atSeconds: NOW - 1, by: 'ada', reason: 'lost' },
  successor: 't-2',
};
const FAMILY: TrackedToken = { ...PLAIN, id: 't-3', use: 'refresh', accessTtlSeconds: 60, refreshes: 2 };
const MEMBER: TrackedToken = { ...PLAIN, id: 't-4', family: 't-3' };
const REVOKED: RevocationEntry = { key: 'sallyport:revoked:own:t-1', value: '{"at":1}', expiresAtSeconds: NOW + 10 };
const MARK: RevocationEntry = { key: 'sallyport:notbefore:own:a-1', value: '100', expiresAtSeconds: undefined };
const KEY: SealedSigningKey = {
  kid: 'k-1',
  issuer: 'own',
  algorithm: 'EdDSA',
  sealed: 'sealed-k-1',
  createdAtSeconds: 1,
  signsFromSeconds: 2.5,
  longestTokenSeconds: 86_400,
};

async function filledStore(): Promise<Store> {
  const store = openMemoryStore();
  for (const entry of [REVOKED, MARK]) await store.revocations.write(entry);
  for (const token of [USED, PLAIN]) await store.tokens.restore(token);
  await store.signingKeys.replace('own', 0, [KEY]);
  await store.accounts.add(ADA);
  return store;
}

async function copyOf(store: Store): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'copy.jsonl');
  let text = '';
  await writeCopy(store.contents, ABOUT, (line) => void (text += line));
  await writeFile(path, text);
  return path;
}

function partsFor(store: Store, nowSeconds = NOW) {
  const marksOf = (accountId: string) => [`sallyport:notbefore:own:${accountId}`];
  return { store, nowSeconds, marksOf, progress: () => undefined };
}

function merge(path: string, store: Store, nowSeconds = NOW): Promise<Tally[]> {
  return Array.fromAsync(mergeCopy(path, partsFor(store, nowSeconds)));
}

async function contentsOf(store: Store) {
  return await Array.fromAsync(store.contents.read());
}

describe('a copy of a store', () => {
  it('restores everything into an empty store', async () => {
    const [from, to] = [await filledStore(), openMemoryStore()];
    const path = await copyOf(from);
    expect(await checkCopy(path)).toEqual({ format: 'sallyport-store', version: 4, ...ABOUT });
    expect(await merge(path, to)).toEqual([
      { kind: 'revocation', written: 2, kept: 0, expired: 0, conflicts: [] },
      { kind: 'signing-key', written: 1, kept: 0, expired: 0, conflicts: [] },
      { kind: 'token', written: 2, kept: 0, expired: 0, conflicts: [] },
      { kind: 'account', written: 1, kept: 0, expired: 0, conflicts: [] },
    ]);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
  });

  it('keeps families of refresh tokens', async () => {
    const from = openMemoryStore();
    for (const token of [FAMILY, MEMBER]) await from.tokens.restore(token);
    const to = openMemoryStore();
    await merge(await copyOf(from), to);
    expect(await Promise.all([to.tokens.find('t-3'), to.tokens.find('t-4')])).toEqual([FAMILY, MEMBER]);
  });

  it('can be of version 1, whose accounts have no version', async () => {
    const path = await copyOf(await filledStore());
    const lines = (await readFile(path, 'utf8'))
      .replace('"version":4', '"version":1')
      .replace(',"version":0', '')
      .split('\n');
    const [end = '', rest] = [lines.at(-2), `${lines.slice(0, -2).join('\n')}\n`];
    const sha256 = createHash('sha256').update(rest).digest('hex');
    await writeFile(path, `${rest}${end.replace(/"sha256":"\w+"/, `"sha256":"${sha256}"`)}\n`);
    const to = openMemoryStore();
    await merge(path, to);
    expect(await to.accounts.find('ada')).toEqual(ADA);
  });

  it('changes nothing when it is imported again', async () => {
    const [from, to] = [await filledStore(), openMemoryStore()];
    const path = await copyOf(from);
    await merge(path, to);
    const again = await merge(path, to);
    expect(again.map(({ kind, kept, conflicts }) => [kind, kept, conflicts])).toEqual([
      ['revocation', 2, []],
      ['signing-key', 1, []],
      ['token', 2, []],
      ['account', 1, []],
    ]);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
  });

  it('completes an import that was interrupted, which wrote no account before the revocations', async () => {
    const [from, to] = [await filledStore(), openMemoryStore()];
    const path = await copyOf(from);
    for await (const { kind } of mergeCopy(path, partsFor(to))) {
      expect(await to.accounts.list()).toHaveLength(kind === 'account' ? 1 : 0);
      if (kind === 'revocation') break;
    }
    expect(await contentsOf(to)).toHaveLength(2);
    await merge(path, to);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
  });

  it('does not restore an account that was removed later', async () => {
    const store = await filledStore();
    const path = await copyOf(store);
    await store.accounts.remove('a-1', { ...MARK, value: '999999999999999' });
    const account = (await merge(path, store)).find(({ kind }) => kind === 'account');
    expect(account).toMatchObject({
      written: 0,
      conflicts: ['account a-1 was removed after the copy was made; it was left out'],
    });
    expect(await store.accounts.list()).toEqual([]);
  });

  it('weakens no revocation, and leaves existing records unchanged', async () => {
    const path = await copyOf(await filledStore());
    const to = openMemoryStore();
    const stronger = { ...MARK, value: '200' };
    await to.revocations.write(stronger);
    await to.revocations.write({ ...REVOKED, value: 'after:99', expiresAtSeconds: NOW + 99 });
    await to.accounts.add({ ...ADA, passwordHash: 'newer' });
    await to.tokens.restore({ ...PLAIN, name: 'renamed' });
    await to.signingKeys.replace('own', 0, [{ ...KEY, kid: 'k-9' }]);
    const tallies = await merge(path, to);
    expect(await to.revocations.readEntries([MARK.key, REVOKED.key])).toEqual([
      stronger,
      { ...REVOKED, expiresAtSeconds: NOW + 99 },
    ]);
    expect(await to.accounts.findById('a-1')).toMatchObject({ passwordHash: 'newer' });
    expect(await to.tokens.find('t-2')).toMatchObject({ name: 'renamed' });
    expect(await to.tokens.find('t-1')).toEqual(USED);
    expect(tallies.flatMap(({ conflicts }) => conflicts)).toEqual([
      'signing key k-1: issuer own has other keys; the key was left out, and its tokens do not verify here',
      'account a-1 differs from the copy; the store keeps its own',
    ]);
    expect(JSON.stringify(tallies)).not.toContain(HASH);
  });

  it('leaves out an account whose name is taken', async () => {
    const path = await copyOf(await filledStore());
    const to = openMemoryStore();
    await to.accounts.add({ ...ADA, id: 'a-2', name: 'ADA' });
    const [conflict] = (await merge(path, to)).flatMap(({ conflicts }) => conflicts);
    expect(conflict).toBe('account a-1: another account has its name or e-mail address; it was left out');
    expect((await to.accounts.list()).map(({ id }) => id)).toEqual(['a-2']);
  });

  it('leaves out revocations one day and tokens 30 days after their expiry', async () => {
    const path = await copyOf(await filledStore());
    const [soon, later] = [openMemoryStore(), openMemoryStore()];
    expect((await merge(path, soon, NOW + 10 + 30 * 86_400 - 1)).map(({ expired }) => expired)).toEqual([1, 0, 0, 0]);
    expect((await merge(path, later, NOW + 10 + 30 * 86_400)).map(({ expired }) => expired)).toEqual([1, 0, 2, 0]);
    expect((await contentsOf(later)).map(({ kind }) => kind)).toEqual(['account', 'signing-key', 'revocation']);
  });
});

describe('checkCopy()', () => {
  const NEWER =
    'Sallyport 9.9.9 wrote this copy as version 5, but this Sallyport reads up to version 4; use Sallyport 9.9.9 or newer';

  it.each<readonly [string, (text: string) => string, string | RegExp]>([
    ['an empty file', () => '', 'the file is empty'],
    ['another file', () => '{"a":1}\n', /^line 1: not a copy of a store \(sallyport-store\): /],
    ['a newer version', (text) => text.replace('"version":4', '"version":5,"more":1'), NEWER],
    [
      'an unknown member of the header',
      (text) => text.replace('"version":4', '"version":4,"more":1'),
      /^line 1: .*"more"/,
    ],
    [
      'an unknown member of a record',
      (text) => text.replace('"id":"a-1"', '"id":"a-1","more":1'),
      /^line 2: record: .*"more"/,
    ],
    ['an unknown kind', (text) => text.replace('"kind":"account"', '"kind":"more"'), /^line 2: kind: /],
    ['a missing member', (text) => text.replace('"accountId":"a-1",', ''), /^line 4: record.accountId: /],
    [
      'an epoch record',
      (text) => text.replace('revoked:own:t-1', 'revoked-epoch'),
      'line 6: record.key: an epoch record cannot be imported',
    ],
    [
      'another key',
      (text) => text.replace('revoked:own:t-1', 'schema'),
      'line 6: record.key: expected a key of the revocation set',
    ],
    ['a line that is not JSON', (text) => text.replace('{"kind":"account"', '{"kind:"account"'), 'line 2: is not JSON'],
    ['half a surrogate pair', (text) => text.replace('"ada"', '"\\ud800"'), 'line 2: is not JSON'],
    ['a changed record', (text) => text.replace('all:any', 'all:ANY'), 'line 8: the file was changed'],
    ['a missing line', (text) => text.split('\n').toSpliced(3, 1).join('\n'), 'line 7: the file was changed'],
    [
      'a file without its trailer',
      (text) => `${text.split('\n').slice(0, -2).join('\n')}\n`,
      'the file is cut off after line 7; export it again',
    ],
    ['a file that ends within a line', (text) => text.slice(0, -3), 'line 8: is not JSON'],
    ['more lines after the trailer', (text) => `${text}{}\n`, 'line 9: there is more after the end'],
  ])('refuses %s without quoting it', async (_what, change, message) => {
    const path = await copyOf(await filledStore());
    const text = await readFile(path, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(path, changed);
    const error: unknown = await checkCopy(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CopyError);
    const words = error instanceof Error ? error.message : '';
    if (typeof message === 'string') expect(words).toBe(message);
    else expect(words).toMatch(message);
    expect(words).not.toContain('secret-of-ada');
  });

  it.each([
    ['within', Buffer.from('caf\xe9', 'latin1')],
    ['cut off at the end', Buffer.from([0xc3])],
  ])('refuses bytes that are not UTF-8, %s', async (_what, bytes) => {
    const path = await copyOf(await filledStore());
    await writeFile(path, Buffer.concat([await readFile(path), bytes]));
    await expect(checkCopy(path)).rejects.toThrow(new CopyError('the file is not UTF-8 text'));
  });

  it('is backed by readCopy(), which refuses a file that changed after the check', async () => {
    const path = await copyOf(await filledStore());
    await checkCopy(path);
    await writeFile(path, (await readFile(path, 'utf8')).replace('all:any', 'all:ANY'));
    await expect(Array.fromAsync(readCopy(path))).rejects.toThrow('line 8: the file was changed');
  });
});
