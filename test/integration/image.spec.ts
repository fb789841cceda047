import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { StartedTestContainer } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { whyNoContainers } from '../support/containers/engine.ts';
import type * as Platform from '../support/containers/platform.ts';
import type * as Sandboxed from '../support/containers/sandboxed.ts';
import { connectChecks } from '../support/servers/check-client.ts';
import { sendRequest } from '../support/servers/http-client.ts';

const reason = await whyNoContainers();
const BUILD_MS = 300_000;
const PATIENCE = { timeout: 30_000, interval: 100 };

describe.skipIf(reason !== undefined)(`the image${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let support: typeof Platform;
  let sandboxed: typeof Sandboxed;
  let platform: Platform.ContainerPlatform;

  beforeAll(async () => {
    // The reaper would be an image to pull. Loaded only here, because the packages are large.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    support = await import('../support/containers/platform.ts');
    sandboxed = await import('../support/containers/sandboxed.ts');
    await support.buildImage();
    platform = await support.startContainerPlatform();
  }, BUILD_MS);

  afterAll(async () => platform?.stop());

  const portOf = (container: StartedTestContainer, listener: 'extAuthz' | 'tokens' | 'admin'): number =>
    container.getMappedPort(support.PORTS[listener]);

  const call = async (container: StartedTestContainer, method: string, path: string, body = '') => {
    const authorization = `Basic ${btoa(support.ACCOUNT)}`;
    const headers = [['Authorization', authorization], ...(body === '' ? [] : [JSON_TYPE])] as const;
    return await sendRequest({ port: portOf(container, 'tokens'), method, path, headers, body });
  };

  const issue = async (container: StartedTestContainer): Promise<{ id: string; access_token: string }> => {
    const { status, body } = await call(container, 'POST', '/3rdparty/v1/auth/token', SCOPES);
    expect(status).toBe(201);
    return JSON.parse(body);
  };

  /** What Envoy would answer a client with this token: `passes`, or the code of the problem. */
  const decide = async (container: StartedTestContainer, token: string): Promise<string> => {
    const client = connectChecks(portOf(container, 'extAuthz'));
    try {
      const headers = [['authorization', `Bearer ${token}`]] as const;
      const asked = { method: 'POST', path: '/messages', host: 'example.com', headers };
      const outcome = await client.check(asked, 'raw');
      return outcome.outcome === 'passes' ? 'passes' : JSON.parse(outcome.answer.body).code;
    } finally {
      client.close();
    }
  };

  it('is smaller than 150 MB, with Node', async () => {
    expect(await support.imageSize()).toBeLessThan(150e6);
  });

  it('runs with a read-only root, as a user without rights', async () => {
    const [instance] = platform.instances;
    const found = JSON.parse(await sandboxed.runNode(instance, RIGHTS));
    expect(found).toEqual({ user: 65532, group: 65532, capabilities: '0000000000000000', written: [] });
  });

  it('holds Sallyport and what it loads, and no shell, npm, test or development package', async () => {
    const [instance] = platform.instances;
    const files: string[] = JSON.parse(await sandboxed.runNode(instance, FILES));
    const unwanted =
      /\.(map|[cm]?ts)$|\/src\/.*\.spec\.|\/(sh|bash|npm|npx)$|node_modules\/(typescript|vitest|testcontainers)\//;
    const own = /^\/opt\/sallyport\/src\/.*(?<!\.spec)\.ts$/;
    expect(files.filter((file) => unwanted.test(file) && !own.test(file))).toEqual([]);
    expect(files).toContain('/opt/sallyport/src/store/redis/lua/revocations/write.lua');
    expect(files).toContain('/opt/sallyport/proto/sallyport/access/v1/access.proto');
  });

  it('runs from the bundle alone, and reads all of it from the compile cache', async () => {
    const log = await logOf(platform.instances[0]);
    const reads = log.split('\n').filter((line) => line.includes('reading cache') && line.includes('/opt/sallyport/'));
    expect(reads.length).toBeGreaterThan(5);
    expect(
      reads.filter((line) => !line.includes('/opt/sallyport/bundle/') && !line.includes('/bin/sallyport')),
    ).toEqual([]);
    expect(reads.filter((line) => !line.includes('success'))).toEqual([]);
    expect(log).not.toContain('was rejected');
  });

  it('passes its own health check, and runs commands beside the server', async () => {
    for (const instance of platform.instances) expect(await support.healthOf(instance)).toBe('healthy');
    const { exitCode, stdout } = await platform.instances[0].exec(['sallyport', 'account', 'list']);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ada') });
  });

  it('stops a token at both instances once one has revoked it', async () => {
    const [first, second] = platform.instances;
    const { id, access_token: token } = await issue(first);
    expect([await decide(first, token), await decide(second, token)]).toEqual(['passes', 'passes']);
    expect((await call(first, 'DELETE', `/3rdparty/v1/auth/token/${id}`)).status).toBe(204);
    expect(await decide(first, token)).toBe('token_revoked');
    await vi.waitFor(async () => expect(await decide(second, token)).toBe('token_revoked'), PATIENCE);
  });

  it('answers `unavailable` while Redis hangs, stays healthy, and revokes again when Redis is back', async () => {
    const [first, second] = platform.instances;
    const { id, access_token: token } = await issue(first);
    expect([await decide(first, token), await decide(second, token)]).toEqual(['passes', 'passes']);
    const resume = await support.pause(platform.redis);
    try {
      for (const instance of platform.instances) {
        await vi.waitFor(async () => expect(await decide(instance, token)).toBe('unavailable'), PATIENCE);
      }
      expect((await call(first, 'DELETE', `/3rdparty/v1/auth/token/${id}`)).status).toBe(503);
      const admin = { port: portOf(second, 'admin'), method: 'GET', path: '/readyz', headers: [] };
      expect((await sendRequest(admin)).status).toBe(200);
      expect(await support.healthOf(second)).toBe('healthy');
    } finally {
      await resume();
    }
    await vi.waitFor(async () => {
      expect((await call(first, 'DELETE', `/3rdparty/v1/auth/token/${id}`)).status).toBe(204);
    }, PATIENCE);
    await vi.waitFor(async () => expect(await decide(second, token)).toBe('token_revoked'), PATIENCE);
    const fresh = await issue(second);
    await vi.waitFor(async () => expect(await decide(first, fresh.access_token)).toBe('passes'), PATIENCE);
  });

  it('lets an open request finish after SIGTERM, and exits with 0', async () => {
    const [, instance] = platform.instances;
    const port = portOf(instance, 'tokens');
    const open = openRequest(port, support.ACCOUNT);
    await open.accepted;
    const { exitCode } = await support.terminate(instance);
    const probe = { port, method: 'GET', path: '/openapi.json', headers: [] };
    await vi.waitFor(async () => await expect(sendRequest(probe)).rejects.toThrow(), PATIENCE);
    expect(await open.finish(SCOPES)).toMatchObject({ status: 201 });
    expect(await exitCode).toBe(0);
  });
});

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const SCOPES = '{"ttl":3600,"scopes":["messages:send"]}';

/** Runs inside the container: who this process is, and the folders that it can write to. */
const RIGHTS = `
import { readFileSync, writeFileSync } from 'node:fs';
const capabilities = /^CapBnd:\\s*(\\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
const written = ['/', '/tmp', '/etc/sallyport', '/opt/sallyport/compile-cache', '/var/lib/sallyport'].filter((folder) => {
  try {
    writeFileSync(folder + '/x', '');
    return true;
  } catch {
    return false;
  }
});
process.stdout.write(JSON.stringify({ user: process.getuid(), group: process.getgid(), capabilities, written }));
`;

/** Runs inside the container: every file of the image. */
const FILES = `
import { readdirSync } from 'node:fs';
const read = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const path = (folder === '/' ? '' : folder) + '/' + entry.name;
  if (['/proc', '/sys', '/dev', '/var/lib/sallyport'].includes(path)) return [];
  return entry.isDirectory() ? read(path) : [path];
});
process.stdout.write(JSON.stringify(read('/')));
`;

async function logOf(container: StartedTestContainer): Promise<string> {
  const log = await container.logs();
  // The stream does not end while the container runs: what is there arrives first.
  let seen = '';
  log.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  await vi.waitFor(() => expect(seen).toContain('"msg":"ready"'), PATIENCE);
  log.destroy();
  return seen;
}

/** Asks for a token, and holds back the body until `finish`. `accepted` resolves once Sallyport has seen the headers. */
function openRequest(port: number, account: string) {
  const headers = {
    authorization: `Basic ${btoa(account)}`,
    'content-type': 'application/json',
    expect: '100-continue',
  };
  const options = { host: '127.0.0.1', port, method: 'POST', path: '/3rdparty/v1/auth/token', headers, agent: false };
  const sent = request(options);
  const accepted = new Promise<void>((resolve, reject) => {
    sent.once('continue', resolve).once('error', reject);
  });
  const answer = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    sent.once('error', reject).once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
  });
  sent.flushHeaders();
  const finish = async (body: string) => {
    sent.end(body);
    return await answer;
  };
  return { accepted, finish };
}
