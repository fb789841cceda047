import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { commandLine, prepareAccount } from '../../deploy/demo/account.ts';
import { Passwords } from '../../src/accounts/passwords/passwords.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CONFIG = `version: 1
listen: { tokens: "127.0.0.1:0" }
store: sqlite:./sallyport.db
scopes: { messages:send: {} }
issuers: [{ name: sallyport, issuer: "https://sallyport.local", signing: { algorithm: EdDSA } }]
routes: []
`;

it('the demo updates its account in an existing store, and leaves a missing store to Sallyport', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, CONFIG);
  const run = commandLine(MAIN, file);
  const matches = async (password: string): Promise<boolean> => {
    const store = await openSqliteStore(join(folder, 'sallyport.db'));
    const [demo] = (await store.accounts.list()).filter(({ name }) => name === 'demo');
    await store.close();
    return (await new Passwords().verify(password, demo?.passwordHash ?? '')) === 'match';
  };

  const first = { name: 'demo', password: 'made up at first', fresh: true };
  await prepareAccount(first, run);
  expect(await readdir(folder)).toEqual(['sallyport.yaml']);

  expect((await run(['account', 'add', 'ada', '--scopes', 'all:any'], 'a long password of hers\n')).code).toBe(0);
  await prepareAccount(first, run);
  expect(await matches(first.password)).toBe(true);
  await prepareAccount({ ...first, password: 'made up the next time' }, run);
  expect(await matches('made up the next time')).toBe(true);
  await prepareAccount({ name: 'demo', password: 'given, and not the one', fresh: false }, run);
  expect(await matches('made up the next time')).toBe(true);
});
