import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileWatcher } from './file-watcher.ts';

/** Longer than two polls. */
const QUIET_MS = 1_400;

let folder: string;
let changes: number;
let watcher: FileWatcher;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-watch-'));
  changes = 0;
});

afterEach(async () => {
  watcher.close();
  await rm(folder, { recursive: true });
});

function watch(...names: string[]): void {
  const files = names.map((name) => join(folder, name));
  watcher = new FileWatcher({ files, globs: [] }, () => {
    changes += 1;
  });
  watcher.start();
}

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

const once = () => expect.poll(() => changes, { timeout: 5_000 }).toBe(1);

describe('FileWatcher', () => {
  it('reports nothing while nothing changes', async () => {
    await put('a', '1');
    watch('a', 'missing');
    await wait(QUIET_MS);
    expect(changes).toBe(0);
  });

  it('reports a written file once', async () => {
    await put('a', '1');
    watch('a');
    await put('a', '2');
    await once();
    await wait(QUIET_MS);
    expect(changes).toBe(1);
  });

  it('reports a file that is replaced, removed or created', async () => {
    await put('a', '1');
    watch('a', 'b');
    await put('new', '2');
    await rename(join(folder, 'new'), join(folder, 'a'));
    await once();
    await rm(join(folder, 'a'));
    await expect.poll(() => changes, { timeout: 5_000 }).toBe(2);
    await put('b', '1');
    await expect.poll(() => changes, { timeout: 5_000 }).toBe(3);
  });

  it("reports Kubernetes' swap of a volume: the file is a link through ..data, which changes", async () => {
    for (const version of ['v1', 'v2']) {
      await mkdir(join(folder, version));
      await put(`${version}/sallyport.yaml`, 'same');
    }
    await symlink('v1', join(folder, '..data'));
    await symlink('..data/sallyport.yaml', join(folder, 'sallyport.yaml'));
    watch('sallyport.yaml');
    await symlink('v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await once();
  });

  it('reports a file that becomes unreadable, and its return', async () => {
    await put('a', '1');
    watch('a');
    await rm(join(folder, 'a'));
    await symlink('a', join(folder, 'a'));
    await once();
    await rm(join(folder, 'a'));
    await put('a', '1');
    await expect.poll(() => changes, { timeout: 5_000 }).toBe(2);
  });

  it('waits until a file that is being written stays the same', async () => {
    await put('a', '0');
    watch('a');
    for (let index = 1; index <= 8; index++) {
      await put('a', 'x'.repeat(index));
      await wait(200);
    }
    await once();
  });

  it('watch() exchanges the files without reporting a change', async () => {
    await put('a', '1');
    await put('b', '1');
    watch('a');
    watcher.watch({ files: [join(folder, 'b')], globs: [] });
    await put('a', '2');
    await wait(QUIET_MS);
    expect(changes).toBe(0);
    await put('b', '2');
    await once();
  });

  it('reports a file that is added to a glob or removed from it, but no other file of the folder', async () => {
    const globs = [join(folder, '*.yaml')];
    watcher = new FileWatcher({ files: [], globs }, () => {
      changes += 1;
    });
    watcher.start();
    await put('a.yaml', '1');
    await once();
    await put('a.txt', '1');
    await put('.a.yaml', '1');
    await wait(QUIET_MS);
    expect(changes).toBe(1);
    await rm(join(folder, 'a.yaml'));
    await expect.poll(() => changes, { timeout: 5_000 }).toBe(2);
  });

  it('reports a file of a glob that was added or changed while the files were read', async () => {
    await put('a.yaml', '1');
    const globs = [join(folder, '*.yaml')];
    const files = [join(folder, 'a.yaml')];
    watcher = new FileWatcher({ files, globs }, () => {
      changes += 1;
    });
    await put('a.yaml', '2');
    watcher.watch({ files, globs });
    watcher.start();
    await once();
    await put('b.yaml', '1');
    watcher.watch({ files, globs });
    await expect.poll(() => changes, { timeout: 5_000 }).toBe(2);
  });
});
