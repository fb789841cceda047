import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';

const AT = 1_800_000_000;
const ENTRIES = [
  {
    key: 'sallyport:revoked:own:one',
    value: JSON.stringify({ at: AT, by: 'max', reason: 'lost' }),
    expiresAtSeconds: 1_900_000_000,
  },
  { key: 'sallyport:revoked:other:two', value: '', expiresAtSeconds: undefined },
  {
    key: 'sallyport:revoked-key:own:kid',
    value: JSON.stringify({ at: AT + 10, by: 'max' }),
    expiresAtSeconds: undefined,
  },
  { key: 'sallyport:notbefore:own:ada', value: String(AT - 10), expiresAtSeconds: undefined },
] as const;

let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-revocations-'));
  config = join(folder, 'sallyport.yaml');
  await writeFile(config, 'version: 1\nlisten: { extAuthz: "127.0.0.1:0" }\nstore: sqlite:./store.db\nroutes: []\n');
  const store = await openSqliteStore(join(folder, 'store.db'));
  for (const entry of ENTRIES) await store.revocations.write(entry);
  await store.close();
});

afterAll(() => rm(folder, { recursive: true }));

async function list(...args: readonly string[]) {
  return await runSallyport(['revocations', 'list', '--config', config, ...args]);
}

async function keysOf(...args: readonly string[]): Promise<readonly string[]> {
  const { code, output } = await list('--json', ...args);
  expect(code, output).toBe(0);
  return (JSON.parse(output) as { readonly key: string }[]).map(({ key }) => key.replace('sallyport:', ''));
}

describe('sallyport revocations list', () => {
  it('shows each entry with its expiry and what it says', async () => {
    expect(await list()).toEqual({
      code: 0,
      output: `sallyport:notbefore:own:ada\tforever\tends what was issued up to 2027-01-15T07:59:50.000Z
sallyport:revoked-key:own:kid\tforever\trevoked 2027-01-15T08:00:10.000Z by max
sallyport:revoked:other:two\tforever\trevoked; it does not say when, by whom and why
sallyport:revoked:own:one\tuntil 2030-03-17T17:46:40.000Z\trevoked 2027-01-15T08:00:00.000Z by max: lost
`,
    });
    const { output } = await list('--json', '--kind', 'token', '--issuer', 'own');
    expect(JSON.parse(output)).toEqual([
      {
        key: 'sallyport:revoked:own:one',
        kind: 'token id',
        issuer: 'own',
        value: ENTRIES[0].value,
        at: '2027-01-15T08:00:00.000Z',
        by: 'max',
        reason: 'lost',
        undone: false,
        expires: '2030-03-17T17:46:40.000Z',
      },
    ]);
  });

  it('filters by issuer, kind and time, and stops at a limit', async () => {
    expect(await keysOf('--issuer', 'other')).toEqual(['revoked:other:two']);
    expect(await keysOf('--kind', 'subject')).toEqual(['notbefore:own:ada']);
    expect(await keysOf('--kind', 'issuer')).toEqual([]);
    expect(await keysOf('--since', '2027-01-15T08:00:00Z')).toEqual(['revoked-key:own:kid', 'revoked:own:one']);
    expect(await keysOf('--limit', '2')).toEqual(['notbefore:own:ada', 'revoked-key:own:kid']);
    expect(await list('--kind', 'issuer')).toEqual({ code: 0, output: 'no entry\n' });
  });

  it('shows entries that were taken back only if asked', async () => {
    const revocation = ['--issuer', 'own', '--jti', 'back', '--config', config];
    const owned = join(folder, 'owned.yaml');
    const text = 'version: 1\nlisten: { extAuthz: "127.0.0.1:0" }\nstore: sqlite:./store.db\nroutes: []\n';
    await writeFile(
      owned,
      `${text}issuers: [{ name: own, issuer: "https://s.local", signing: { algorithm: EdDSA } }]\n`,
    );
    const act = (name: string) => runSallyport(['token', name, ...revocation.slice(0, -1), owned]);
    expect((await act('revoke')).code).toBe(0);
    expect((await act('unrevoke')).code).toBe(0);
    expect(await keysOf()).not.toContain('revoked:own:back');
    expect(await keysOf('--undone')).toContain('revoked:own:back');
  });

  it.each([
    [['--kind', 'account'], '--kind takes token, key, subject or issuer'],
    [['--limit', '0'], '--limit takes a whole number from 1'],
    [['--since', 'yesterday'], '--since takes a date'],
  ])('does not take %j', async (args, message) => {
    expect(await list(...args)).toEqual({ code: 2, output: expect.stringContaining(message) });
  });
});
