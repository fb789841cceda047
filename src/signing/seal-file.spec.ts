import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOrMakeSealFile } from './seal-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-seal-'));
  path = join(folder, 'store.db.seal');
});

afterEach(() => rm(folder, { recursive: true }));

describe('readOrMakeSealFile()', () => {
  it('makes a secret of 32 bytes, and reads the same one again', async () => {
    const made = await readOrMakeSealFile(path);
    expect(made).toHaveLength(32);
    expect(await readOrMakeSealFile(path)).toEqual(made);
    expect(await readFile(path, 'utf8')).toBe(`${Buffer.from(made).toString('base64url')}\n`);
  });

  it('makes another secret for every file', async () => {
    expect(await readOrMakeSealFile(path)).not.toEqual(await readOrMakeSealFile(`${path}-2`));
  });

  it('makes a file that only its owner can read, and leaves no other file', async () => {
    const former = process.umask(0);
    try {
      await readOrMakeSealFile(path);
    } finally {
      process.umask(former);
    }
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
    expect(await readdir(folder)).toEqual(['store.db.seal']);
  });

  it('returns one secret to all concurrent callers', async () => {
    for (let round = 0; round < 20; round++) {
      const file = `${path}-${round}`;
      const makers = Array.from({ length: 16 }, async (_, index) => {
        // Staggered, so that some calls start while the first one runs, and end after it.
        await new Promise((resolve) => setTimeout(resolve, index / 4));
        return Buffer.from(await readOrMakeSealFile(file)).toString('hex');
      });
      expect(new Set(await Promise.all(makers)).size).toBe(1);
    }
    expect(await readdir(folder)).toHaveLength(20);
  });

  it('returns one secret to concurrent processes', async () => {
    const module = new URL('./seal-file.ts', import.meta.url).href;
    const script = `
      const { readOrMakeSealFile } = await import(${JSON.stringify(module)});
      console.log(Buffer.from(await readOrMakeSealFile(${JSON.stringify(path)})).toString('hex'));
    `;
    const run = promisify(execFile);
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', script])),
    );
    const secret = Buffer.from(await readOrMakeSealFile(path)).toString('hex');
    expect(runs.map(({ stdout }) => stdout.trim())).toEqual(runs.map(() => secret));
  });

  it.each<[what: string, contents: string]>([
    ['empty', ''],
    ['cut short', Buffer.alloc(31, 1).toString('base64url')],
    ['too long', Buffer.alloc(33, 1).toString('base64url')],
    ['not base64url', 'not a secret, just some words of about that length'],
  ])('does not use or replace a file that is damaged: %s', async (_, contents) => {
    await writeFile(path, contents);
    await expect(readOrMakeSealFile(path)).rejects.toThrow(`${path} is damaged`);
    expect(await readFile(path, 'utf8')).toBe(contents);
  });

  it('rejects with the name of a file that it cannot read', async () => {
    await mkdir(path);
    await expect(readOrMakeSealFile(path)).rejects.toThrow(
      `cannot read ${path}, which holds the secret of the signing keys`,
    );
  });

  it('rejects if the folder does not exist', async () => {
    await expect(readOrMakeSealFile(join(folder, 'missing', 'store.db.seal'))).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).toEqual([]);
  });
});
