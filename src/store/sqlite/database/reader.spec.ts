import { describe, expect, it, onTestFinished } from 'vitest';
import { openForTest, temporaryFile } from '../../../../test/support/store/sqlite-file.ts';
import { StoreError } from '../../../core/ports.ts';
import { Reader } from './reader.ts';

/** SQLITE_BUSY_RECOVERY: another process recovers the file after a crash. */
const BUSY = Object.assign(new Error('database is locked'), { errcode: 261 });

describe('Reader', () => {
  it('read() retries while the file is locked', async () => {
    const reader = await openReader();
    let locked = 3;
    const value = reader.read(() => {
      if (locked-- > 0) throw BUSY;
      return 'read';
    });
    expect(await value).toBe('read');
  });

  it('read() gives up on a file that stays locked', async () => {
    const reader = await openReader();
    const value = reader.read(() => {
      throw BUSY;
    });
    await expect(value).rejects.toThrow(StoreError);
    await expect(value).rejects.toMatchObject({ cause: BUSY });
  });

  it('readNow() does not wait for a lock', async () => {
    const reader = await openReader();
    let tries = 0;
    const read = () => {
      tries += 1;
      throw BUSY;
    };
    expect(() => reader.readNow(read)).toThrow(StoreError);
    expect(tries).toBe(1);
  });

  it('cannot write', async () => {
    const reader = await openReader();
    expect(() => reader.readNow((query) => query('DELETE FROM revocation'))).toThrow('cannot be written');
  });
});

async function openReader(): Promise<Reader> {
  const path = temporaryFile();
  await openForTest(path);
  const reader = new Reader(path);
  onTestFinished(() => reader.close());
  return reader;
}
