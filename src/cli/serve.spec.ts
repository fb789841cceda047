import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { redisForTest } from '../../test/support/redis/config.ts';
import { freePorts } from '../../test/support/servers/ports.ts';
import { startProcess } from '../../test/support/servers/process.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

it('serve is not ended by a SIGHUP while it waits for its store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const server = await redisForTest();
  const [port] = await freePorts(1);
  const way = createServer((client) => couple(client, connect(server.port, '127.0.0.1')));
  await once(way.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void way.close());
  server.freeze();
  const file = join(folder, 'sallyport.yaml');
  await writeFile(
    file,
    `version: 1\nstore: redis://127.0.0.1:${portOf(way)}/0\nlisten: { extAuthz: 127.0.0.1:${port} }\nissuers: []\nroutes: [{ path: /, public: true }]\n`,
  );
  const serve = startProcess({ command: process.execPath, args: [MAIN, 'serve', '--config', file] });
  await once(way, 'connection', { signal: AbortSignal.timeout(20_000) });
  process.kill(serve.pid ?? 0, 'SIGHUP');
  await wait(200);
  server.thaw();
  await expect.poll(() => serve.output(), { timeout: 20_000 }).toContain('"ready"');
  expect(await serve.stop()).toBe(0);
}, 60_000);

function portOf(server: Server): number {
  // A TCP server that listens has an address of this form.
  return (server.address() as AddressInfo).port;
}

function couple(client: Socket, server: Socket): void {
  client.on('error', () => server.destroy()).pipe(server);
  server.on('error', () => client.destroy()).pipe(client);
}
