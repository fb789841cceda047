import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenUse } from '../core/credential/verified-credential.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import { migration } from './migration.ts';

const DAY_SECONDS = 86_400;
const NOW_SECONDS = Math.floor(Date.now() / 1000);

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-migration-'));
  store = await openSqliteStore(join(folder, 'store.db'));
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** An account that came with Basic today, and with a token some days ago. */
async function addUser(name: string, use: TokenUse, daysAgo: number): Promise<void> {
  const lastUsedAtSeconds = NOW_SECONDS - daysAgo * DAY_SECONDS;
  await store.accounts.add({
    id: name,
    name,
    passwordHash: '',
    scopes: [],
    disabled: false,
    createdAtSeconds: 0,
    version: 0,
  });
  const times = { createdAtSeconds: lastUsedAtSeconds, expiresAtSeconds: NOW_SECONDS + 60 };
  await store.tokens.add({ id: `token-of-${name}`, accountId: name, use, scopes: [], ...times }, 0);
  await store.tokens.markUsed(new Map([[`token-of-${name}`, lastUsedAtSeconds]]));
  const basic = { accountId: name, route: 'GET /x', reason: undefined, count: 1, lastAtSeconds: NOW_SECONDS };
  await store.basicUses.add([basic]);
}

async function run(values: Record<string, string | boolean>, json = false): Promise<string> {
  const config = join(folder, 'sallyport.yaml');
  await writeFile(config, 'version: 1\nlisten: { extAuthz: "127.0.0.1:0" }\nstore: sqlite:./store.db\nroutes: []\n');
  let output = '';
  const write = (text: string): void => void (output += text);
  const terminal = { env: {}, stdin: process.stdin, out: write, err: write, json };
  expect(await migration.run({ positionals: [], values, config }, terminal), output).toBe(0);
  return output;
}

describe('sallyport migration', () => {
  it('counts those with tokens as well that used one in the days that it looks back', async () => {
    await addUser('today', 'access', 0);
    await addUser('earlier', 'private', 10);
    expect(await run({ days: '1' })).toContain('2 accounts used Basic successfully (1 of them also used tokens),');
    expect(await run({ days: '10' })).toContain('2 accounts used Basic successfully (1 of them also used tokens),');
    expect(await run({ days: '11' })).toContain('2 accounts used Basic successfully (2 of them also used tokens),');
    const { accounts } = JSON.parse(await run({ days: '1' }, true)) as { accounts: { tokenLastUsed: string }[] };
    expect(accounts.map(({ tokenLastUsed }) => tokenLastUsed)).toEqual([expect.any(String), expect.any(String)]);
  });

  it('tells accounts that never passed from those that would be locked out', async () => {
    await addUser('user', 'access', 0);
    const guessed = { accountId: 'guessed', route: 'GET /x', reason: 'credentials_invalid', count: 9 };
    await store.basicUses.add([{ ...guessed, lastAtSeconds: NOW_SECONDS }]);
    expect(await run({})).toContain(
      '1 account used Basic successfully (1 of them also used tokens), 1 used it without success, and 0 did not',
    );
  });

  it('does not take who looks after tokens for one who uses them', async () => {
    await addUser('console', 'login', 0);
    expect(await run({})).toContain('1 account used Basic successfully (0 of them also used tokens),');
  });
});
