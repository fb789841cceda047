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
  it('rejects pending and later operations when its thread fails', async () => {
    const writer = new Writer('store.db', threadOf(`port.on('message', () => { throw new Error('thread failed') })`));
    await writer.opened;
    const pending = await Promise.allSettled([
      writer.ask('writeRevocation', ENTRY),
      writer.ask('writeRevocation', ENTRY),
    ]);
    const error = new StoreError('SQLite store "store.db": thread failed');
    expect(pending).toMatchObject([{ reason: error }, { reason: error }]);
    await expect(writer.ask('writeRevocation', ENTRY)).rejects.toThrow(error);
    await writer.close();
  });

  it('rejects pending operations when its thread exits without an error', async () => {
    const writer = new Writer('store.db', threadOf(`port.on('message', () => process.exit(0))`));
    await writer.opened;
    const pending = writer.ask('writeRevocation', ENTRY);
    await expect(pending).rejects.toThrow(new StoreError('SQLite store "store.db": the writer thread ended'));
  });

  it('waits for a lock of another process without blocking the main thread', async () => {
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

/** Returns a thread that reports an open file and then runs `script` with its `port`. */
function threadOf(script: string): URL {
  const module = `
    import { parentPort as port } from 'node:worker_threads';
    ${script}
    port.postMessage([{ id: 0, value: {} }]);
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(module)}`);
}

/** Starts another process that holds the write lock until its stdin ends. */
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
