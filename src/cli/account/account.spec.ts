import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';

const PASSWORD = 'a secret of ada lovelace';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-account-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(
    join(folder, 'sallyport.yaml'),
    `version: 1
listen: { tokens: "127.0.0.1:0" }
store: sqlite:./store.db
scopes: { messages:send: {}, messages:list: {} }
issuers: [{ name: sallyport, issuer: "https://s.local", signing: { algorithm: EdDSA } }]
routes: []
log: { audit: ./audit.log }
`,
  );
});

function account(...args: readonly string[]) {
  const config = join(folder, 'sallyport.yaml');
  return runSallyport(['account', ...args, '--config', config], { input: `${PASSWORD}\n` });
}

async function records(): Promise<readonly unknown[]> {
  const text = await readFile(join(folder, 'audit.log'), 'utf8');
  expect(text).not.toContain(PASSWORD);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('each change of an account is recorded with the name of --by, or with the system user', async () => {
  const scopes = 'messages:send,messages:list';
  const added = await account('add', 'ada', '--scopes', scopes, '--email', 'ada@example.com', '--by', 'max');
  expect(added).toEqual({ code: 0, output: expect.stringMatching(/^added ada \(\S+\)\n$/) });
  const id = /\((\S+)\)/.exec(added.output)?.[1];
  for (const args of [
    ['password', 'ada'],
    ['scopes', 'ada', 'messages:send'],
    ['email', 'ADA@example.com'],
    ['disable', 'ada'],
    ['enable', 'ada'],
    ['unlock', 'ada'],
    ['remove', 'ada', '--yes'],
  ]) {
    const { code, output } = await account(...args, ...(args[0] === 'remove' ? [] : ['--by', 'max']));
    expect(code, output).toBe(0);
  }
  const change = { log: 'audit', msg: 'account changed', by: 'max', subject: id };
  expect(await records()).toMatchObject([
    { ...change, msg: 'account added' },
    { ...change, changed: ['password'] },
    { ...change, changed: ['scopes'], scopes: ['messages:send'] },
    { ...change, changed: ['email'] },
    { ...change, changed: ['disabled'], disabled: true },
    { ...change, changed: ['disabled'], disabled: false },
    { ...change, msg: 'account unlocked' },
    { ...change, msg: 'account removed', by: expect.stringMatching(/^operator:/) },
  ]);
});

it('an account that does not exist, and a password that is refused, change nothing', async () => {
  await account('add', 'ada', '--scopes', 'messages:send');
  expect(await account('disable', 'eve')).toEqual({ code: 1, output: "sallyport: no account 'eve'\n" });
  expect(await account('add', 'eve', '--scopes', 'unknown')).toMatchObject({ code: 1 });
  expect(await account('add', 'ada', '--scopes', 'messages:send')).toEqual({
    code: 1,
    output: "sallyport: account 'ada' exists already\n",
  });
  expect(await records()).toHaveLength(1);
  expect(await account('remove', 'ada')).toEqual({
    code: 2,
    output: expect.stringMatching(
      /^sallyport: this removes the account ada \(.*\) and ends its tokens; add --yes to confirm/,
    ),
  });
  expect((await account('list')).output).toMatch(/^ada\t\S+\t\S+\tmessages:send\n$/);
});
