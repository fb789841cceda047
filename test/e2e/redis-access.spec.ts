import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../support/redis/server.ts';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { call } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Process, startProcess, untilReady } from '../support/servers/process.ts';
import { startSallyport } from '../support/servers/sallyport.ts';
import { seal } from '../support/servers/stores.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const POLL = { timeout: 60_000 };
const [OLD, NEW] = ['the-old-password-of-Redis', 'the-new-password-of-Redis'];
const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };

interface Starting {
  readonly sallyport: Process;
  readonly admin: number;
}

/** Starts `sallyport serve` on a Redis that need not run. */
async function start(store: object | string): Promise<Starting> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-access-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [extAuthz = 0, admin = 0] = await freePorts(2);
  const listen = { extAuthz: `127.0.0.1:${extAuthz}`, admin: `127.0.0.1:${admin}` };
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, JSON.stringify({ version: 1, listen, store, routes: [] }));
  const args = [MAIN, 'serve', '--config', file];
  const sallyport = startProcess({ command: process.execPath, args, env: { OLD_PASSWORD: OLD } });
  onTestFinished(() => sallyport.kill9());
  return { sallyport, admin };
}

function linesOf(sallyport: Process): readonly Record<string, unknown>[] {
  // Both outputs contain only JSON.
  return sallyport
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('Sallyport waits for a Redis that is down at the start, is not ready, and logs it', async () => {
  const [port = 0] = await freePorts(1);
  const { sallyport, admin } = await start(`redis://127.0.0.1:${port}`);
  await untilReady(sallyport, [admin]);
  await expect.poll(() => sallyport.output(), POLL).toContain('waiting for the store');
  const waiting = linesOf(sallyport).at(-1);
  expect(waiting).toMatchObject({ level: 'warn', cause: expect.stringContaining('nothing listens there') });
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${admin}/readyz`);
    // What the admin door answers.
    return [answer.status, ((await answer.json()) as { status: unknown }).status];
  };
  expect(await ready()).toEqual([503, 'starting']);
  expect((await fetch(`http://127.0.0.1:${admin}/livez`)).status).toBe(200);
  const redis = await startRedis({ port });
  onTestFinished(() => redis.close());
  await expect.poll(ready, POLL).toEqual([200, 'ready']);
  expect(await sallyport.stop()).toBe(0);
});

it('Sallyport exits with one line if Redis refuses the password at the start', async () => {
  const redis = await startRedis({ settings: { requirepass: NEW } });
  onTestFinished(() => redis.close());
  const { sallyport } = await start({ url: `redis://127.0.0.1:${redis.port}`, password: { env: 'OLD_PASSWORD' } });
  expect(await sallyport.ended).toBe(1);
  expect(linesOf(sallyport)).toEqual([
    expect.objectContaining({
      level: 'fatal',
      msg: 'not started',
      cause: expect.stringContaining('refuses the user name or the password'),
    }),
  ]);
});

it('a password of Redis that is rotated in its file needs no restart', async () => {
  const redis = await startRedis({ settings: { requirepass: OLD } });
  onTestFinished(() => redis.close());
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-access-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'password');
  await writeFile(file, `${OLD}\n`);
  const sallyport = await startSallyport({
    env: { ...WITH_ACCOUNT, ...SEAL },
    edit: (config) => {
      config['store'] = { url: `redis://127.0.0.1:${redis.port}`, password: { file } };
      seal(config);
    },
  });
  onTestFinished(() => sallyport.close());
  const issue = async () =>
    (await call(sallyport.ports.tokens, 'POST', '/3rdparty/v1/auth/token', OWNER, { scopes: ['messages:list'] }))
      .status;
  expect(await issue()).toBe(201);

  await redis.client.config('SET', 'requirepass', NEW);
  await writeFile(file, `${NEW}\n`);
  await expect.poll(() => sallyport.output(), POLL).toContain('"msg":"configuration taken up"');
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await expect.poll(issue, POLL).toBe(201);
  await expect.poll(() => sallyport.output(), POLL).toContain('"msg":"revocation feed back"');
  expect(sallyport.output()).not.toMatch(/needRestart|the-(?:old|new)-password/);
});

it('a new password that Redis does not accept yet is used once Redis accepts it', async () => {
  const redis = await startRedis({ settings: { requirepass: OLD } });
  onTestFinished(() => redis.close());
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-access-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'password');
  await writeFile(file, `${OLD}\n`);
  const { sallyport, admin } = await start({ url: `redis://127.0.0.1:${redis.port}`, password: { file } });
  await untilReady(sallyport, [admin]);
  await expect.poll(() => sallyport.output(), POLL).toContain('"msg":"ready"');

  await writeFile(file, `${NEW}\n`);
  await expect.poll(() => sallyport.output(), POLL).toContain('configuration not taken up');
  expect(sallyport.output()).toContain('refuses the user name or the password');
  // Reconnects still use the former password.
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const ready = async () => (await fetch(`http://127.0.0.1:${admin}/readyz`)).status;
  await expect.poll(ready, POLL).toBe(200);

  await redis.client.config('SET', 'requirepass', NEW);
  await expect.poll(() => sallyport.output(), POLL).toContain('"msg":"configuration taken up"');
  expect(sallyport.output().match(/configuration not taken up/g)).toHaveLength(1);
  expect(sallyport.output()).not.toMatch(/the-(?:old|new)-password/);
});
