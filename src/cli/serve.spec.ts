import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { redisForTest } from '../../test/contract/redis-store.ts';
import { freePorts } from '../../test/e2e/ports.ts';
import { startProcess } from '../../test/e2e/process.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

it('serve is not ended by a SIGHUP while it waits for its store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const server = await redisForTest();
  const [port] = await freePorts(1);
  server.freeze();
  const file = join(folder, 'sallyport.yaml');
  await writeFile(
    file,
    `version: 1\nstore: redis://127.0.0.1:${server.port}/0\nlisten: { extAuthz: 127.0.0.1:${port} }\nissuers: []\nroutes: [{ path: /, public: true }]\n`,
  );
  const serve = startProcess({ command: process.execPath, args: [MAIN, 'serve', '--config', file] });
  await wait(2_000);
  process.kill(serve.pid ?? 0, 'SIGHUP');
  await wait(200);
  server.thaw();
  await expect.poll(() => serve.output(), { timeout: 10_000 }).toContain('"ready"');
  expect(await serve.stop()).toBe(0);
}, 30_000);
