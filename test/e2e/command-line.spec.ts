import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { startRedis } from '../support/redis/server.ts';
import { freePorts } from '../support/servers/ports.ts';
import { runSallyport, runSallyportProcess } from '../support/servers/run-sallyport.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  file = join(folder, 'sallyport.yaml');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a configuration with five mistakes', () => {
  it.each(['check', 'serve'])(
    'makes sallyport %s print five problems with lines, and open no port',
    async (command) => {
      const [port = 0] = await freePorts(1);
      await writeFile(file, fiveMistakes(port));
      const { code, output } = await runSallyport([command, '--config', file], { env: { SECRET: 'short-and-secret' } });
      expect(code).toBe(1);
      const lines = output
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('{'));
      expect(lines.map((line) => line.replace(`${file}:`, '').split(':')[0])).toEqual(['4', '8', '10', '12', '13']);
      expect(output).not.toContain('short-and-secret');
      await expect(connecting(port)).rejects.toThrow('ECONNREFUSED');
    },
  );

  it('makes sallyport serve write one line of its log, for what collects it', async () => {
    const [port = 0] = await freePorts(1);
    await writeFile(file, fiveMistakes(port));
    const { output } = await runSallyport(['serve', '--config', file], { env: { SECRET: 'short-and-secret' } });
    const logged = output.split('\n').filter((line) => line.startsWith('{'));
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'fatal',
        time: expect.any(String),
        log: 'app',
        msg: 'not started',
        cause: expect.stringContaining(`${file}:4:`),
      },
    ]);
  });
});

it('an invalid command line exits with 2, and one line says what is wrong and where the help is', async () => {
  const { code, output } = await runSallyport(['store', 'import', 'x', '--out', 'y']);
  expect(code).toBe(2);
  expect(output).toMatch(/^sallyport: --out is not an option of .*; see `sallyport store import --help`\n$/);
});

it('sallyport --version prints the version of package.json and exits with 0', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await runSallyportProcess(['--version'])).toEqual({ code: 0, output: `${version}\n` });
});

describe('sallyport serve refuses to start', () => {
  it('if SALLYPORT_ACCOUNT is not name:password, without printing it', async () => {
    await writeFile(file, valid((await freePorts(1))[0] ?? 0));
    const { code, output } = await runSallyportProcess(['serve', '--config', file], {
      env: { SALLYPORT_ACCOUNT: 'hunter2' },
    });
    expect(code).toBe(1);
    expect(output).toContain('SALLYPORT_ACCOUNT: expected name:password');
    expect(output).not.toContain('hunter2');
  });

  it('if a port is in use, naming it', async () => {
    await writeFile(file, valid(1).replace('127.0.0.1:1', '203.0.113.1:1'));
    const { code, output } = await runSallyportProcess(['serve', '--config', file]);
    expect(code).toBe(1);
    expect(output).toContain('listen.tokens: cannot listen on 203.0.113.1:1');
  });

  it('if the configuration cannot be read', async () => {
    const { code, output } = await runSallyportProcess(['serve', '--config', join(folder, 'missing.yaml')]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('cannot read the file') });
  });
});

describe('sallyport token revoke writes nothing', () => {
  const revoke = ['token', 'revoke', '--issuer', 'sallyport', '--jti', 'j'];

  it.each([
    ['sqlite:./nowhere.db', 'there is no store at'],
    ['"memory:"', 'the store is `memory:`'],
  ])('on the store %s', async (store, words) => {
    await writeFile(file, valid(1).replace('sqlite:./sallyport.db', store));
    const { code, output } = await runSallyport([...revoke, '--config', file]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) });
  });
});

describe('a command that reads creates nothing without a store', () => {
  it.each([
    ['account', 'list'],
    ['account', 'show', 'ada'],
    ['account', 'disable', 'ada'],
    ['token', 'list'],
    ['keys', 'list'],
    ['migration'],
    ['explain', 'GET', '/messages'],
    ['store', 'export'],
    ['store', 'accept-loss'],
  ])('sallyport %s %s', async (...args) => {
    const empty = await mkdtemp(join(tmpdir(), 'sallyport-none-'));
    onTestFinished(() => rm(empty, { recursive: true }));
    const config = join(empty, 'sallyport.yaml');
    await writeFile(config, `${valid(1)}log: { audit: ./audit.log }\n`);
    const { code, output } = await runSallyport([...args, '--config', config]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('sallyport: there is no store at') });
    expect(await readdir(empty)).toEqual(['sallyport.yaml']);
  });

  it.each([
    ['account', 'list'],
    ['token', 'revoke', '--issuer', 'sallyport', '--jti', 'j'],
    ['explain', 'GET', '/messages'],
    ['store', 'export'],
  ])('sallyport %s %s on an empty Redis', async (...args) => {
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    const store = `redis://127.0.0.1:${redis.port}`;
    const sealed = valid(1)
      .replace('sqlite:./sallyport.db', store)
      .replace('signing: {', 'signing: { sealWith: { env: SEAL }, ');
    await writeFile(file, sealed);
    const env = { SEAL: 'a secret of thirty-two bytes, ok' };
    const { code, output } = await runSallyport([...args, '--config', file], { env });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('sallyport: there is no store at') });
    expect(await redis.client.dbsize()).toBe(0);
  });

  it.each([['check'], ['routes']])('sallyport %s', async (command) => {
    const empty = await mkdtemp(join(tmpdir(), 'sallyport-none-'));
    onTestFinished(() => rm(empty, { recursive: true }));
    const config = join(empty, 'sallyport.yaml');
    await writeFile(config, `${valid(1)}log: { audit: ./audit.log }\n`);
    const { code, output } = await runSallyport([command, '--config', config]);
    expect(code, output).toBe(0);
    expect(await readdir(empty)).toEqual(['sallyport.yaml']);
  });
});

it('a command that reads creates no audit log and no other file next to an existing store', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-there-'));
  onTestFinished(() => rm(place, { recursive: true }));
  const config = join(place, 'sallyport.yaml');
  await writeFile(config, `${valid(1)}log: { audit: ./audit.log }\n`);
  const store = await openSqliteStore(join(place, 'sallyport.db'));
  // The files that an instance leaves.
  const [epoch = ''] = [...(await store.epochs.read()).keys()];
  expect(await store.epochs.swap(epoch, undefined, '{"epoch":"e1"}')).toBe(true);
  await store.close();
  const before = await readdir(place);
  for (const args of [
    ['account', 'list'],
    ['token', 'list'],
    ['keys', 'list'],
    ['explain', 'GET', '/messages'],
  ]) {
    const { output } = await runSallyport([...args, '--config', config]);
    expect(output).not.toContain('sallyport:');
  }
  expect(await readdir(place)).toEqual(before);
});

function connecting(port: number): Promise<void> {
  return new Promise((resolve, reject) => connect(port, '127.0.0.1', resolve).once('error', reject));
}

function valid(port: number): string {
  return `version: 1
listen:
  tokens: 127.0.0.1:${port}
store: sqlite:./sallyport.db
scopes: { messages:send: {} }
issuers:
  - { name: sallyport, issuer: "https://sallyport.local", signing: { algorithm: EdDSA } }
routes:
  - { method: POST, path: /messages, scope: "messages:send" }
`;
}

/** Mistakes on lines 4, 8, 10, 12 and 13. */
function fiveMistakes(port: number): string {
  return `version: 1
listen:
  tokens: 127.0.0.1:${port}
clockSkw: 30s
store: "memory:"
scopes: { messages:send: {} }
issuers:
  - { name: partner, audience: a, algorithms: [HS256], secrets: [{ env: SECRET }] }
  - { name: sallyport, issuer: "https://sallyport.local", signing: { algorithm: EdDSA } }
revocation: { maxStaleness: 1 }
routes:
  - { method: POST, path: /messages, scope: "messages:sent" }
  - { method: post, path: /messages/2, scope: "messages:send" }
`;
}
