import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { readValues } from '../../../test/support/store/revocations.ts';
import { openForTest, startScript, temporaryFile } from '../../../test/support/store/sqlite-file.ts';

const STORE = new URL('./store.ts', import.meta.url).href;
const ROUNDS = 6;

/** A script that writes without end, three writes at a time, and prints each id once its write is acknowledged. */
const WRITE_ENDLESSLY = `
  import { openSqliteStore } from '${STORE}';
  const [path, round] = process.argv.slice(1);
  const store = await openSqliteStore(path);
  await store.epochs.swap('sallyport:revoked-epoch', undefined, '{"epoch":"e1","follows":[]}');
  const print = (id) => process.stdout.write(id + '\\n');
  const account = { id: 'x', name: 'x', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1, version: 0 };
  await store.accounts.add(account, { onlyFirst: true });
  const token = { accountId: 'x', use: 'access', scopes: [], createdAtSeconds: 1, expiresAtSeconds: 4e9 };
  async function write(lane) {
    for (let count = 0; ; count += 1) {
      const id = [round, lane, count].join('-');
      await store.revocations.write({ key: id, value: id, expiresAtSeconds: undefined }).then(() => print('revoked ' + id));
      await store.tokens.add({ ...token, id }, 0).then(() => print('issued ' + id));
    }
  }
  await Promise.all([write(1), write(2), write(3)]);
`;

it('a SQLite store keeps every write that was acknowledged before the process was killed', {
  timeout: 30_000,
}, async () => {
  const path = temporaryFile();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) acknowledged.push(...(await writeUntilKilled(path, round)));

  const store = await openForTest(path);
  // The state file is never ahead of the store.
  expect(store.epochs.missing).toBeUndefined();
  const ids = (what: string) =>
    acknowledged.filter((line) => line.startsWith(what)).map((line) => line.slice(what.length));
  expect(await readValues(store, ids('revoked '))).toEqual(ids('revoked '));
  const issued = await Promise.all(ids('issued ').map((id) => store.tokens.find(id)));
  expect(issued.map((token) => token?.id)).toEqual(ids('issued '));
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
});

/** Resolves to the lines that the process printed before it was killed, at most 60 ms after its first line. */
async function writeUntilKilled(path: string, round: number): Promise<string[]> {
  const child = startScript(WRITE_ENDLESSLY, path, `${round}`);
  const lines: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  output.once('line', () => setTimeout(() => child.kill('SIGKILL'), Math.random() * 60));
  await once(output, 'close');
  return lines;
}
