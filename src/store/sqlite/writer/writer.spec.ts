import { once } from 'node:events';
import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readValues } from '../../../../test/support/store/revocations.ts';
import { openForTest, startScript, temporaryFile } from '../../../../test/support/store/sqlite-file.ts';
import { StoreError } from '../../../core/ports.ts';
import { Writer } from './writer.ts';

const KEY = 'sallyport:revoked:own:token-1';
const ENTRY = { key: KEY, value: '{}', expiresAtSeconds: undefined };

describe('Writer', () => {
  it('rejects what waits and all that follows when its thread dies', async () => {
    const writer = new Writer('store.db', threadOf(`port.on('message', () => { throw new Error('out of luck') })`));
    await writer.opened;
    const waiting = await Promise.allSettled([
      writer.ask('writeRevocation', ENTRY),
      writer.ask('writeRevocation', ENTRY),
    ]);
    const error = new StoreError('SQLite store "store.db": out of luck');
    expect(waiting).toMatchObject([{ reason: error }, { reason: error }]);
    await expect(writer.ask('writeRevocation', ENTRY)).rejects.toThrow(error);
    await writer.close();
  });

  it('rejects what waits when its thread ends without a word', async () => {
    const writer = new Writer('store.db', threadOf(`port.on('message', () => process.exit(0))`));
    await writer.opened;
    const waiting = writer.ask('writeRevocation', ENTRY);
    await expect(waiting).rejects.toThrow(new StoreError('SQLite store "store.db": the writer thread ended'));
  });

  it('waits for a lock that another process holds, while the main thread reads and its event loop turns', async () => {
    const path = temporaryFile();
    const store = await openForTest(path);
    const holder = await holdLock(path);
    let written = false;
    const write = store.revocations.write(ENTRY).then(() => {
      written = true;
    });
    for (let ticks = 0; ticks < 1_000; ticks += 1) {
      expect(await readValues(store, [KEY])).toEqual([undefined]);
      await nextTick();
    }
    expect(written).toBe(false);
    holder.stdin.end();
    await write;
    expect(await readValues(store, [KEY])).toEqual(['{}']);
  });
});

/** A thread that opens well, and then does `script` with its `port`. */
function threadOf(script: string): URL {
  const module = `
    import { parentPort as port } from 'node:worker_threads';
    ${script}
    port.postMessage([{ id: 0, value: {} }]);
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(module)}`);
}

/** Another process that holds the write lock until its stdin ends. */
async function holdLock(path: string) {
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(process.argv[1], { timeout: 5000 });
    database.exec('BEGIN IMMEDIATE');
    process.stdout.write('held');
    process.stdin.on('end', () => database.exec('COMMIT')).resume();
  `;
  const holder = startScript(script, path);
  await once(holder.stdout, 'data');
  return holder;
}
