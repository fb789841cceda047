import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeDeadSocket } from './dead-socket.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  path = join(folder, 'door.sock');
});

afterEach(() => rm(folder, { recursive: true }));

describe('removeDeadSocket()', () => {
  it('removes what a killed process left behind', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(path)).toBe(true);
    await removeDeadSocket(path);
    expect(existsSync(path)).toBe(false);
  });

  it('leaves a socket alone on which somebody listens', async () => {
    const server = createServer((socket) => socket.destroy());
    await once(server.listen(path), 'listening');
    await removeDeadSocket(path);
    expect(existsSync(path)).toBe(true);
    server.close();
  });

  it('leaves other files alone, and needs none', async () => {
    await removeDeadSocket(path);
    await writeFile(path, 'not a socket');
    await removeDeadSocket(path);
    expect(existsSync(path)).toBe(true);
  });
});
