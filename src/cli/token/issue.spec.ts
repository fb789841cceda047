import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';

let folder: string;
const PASSWORD = { input: 'a secret of ada lovelace\n' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-issue-'));
  await writeFile(
    join(folder, 'sallyport.yaml'),
    `version: 1
listen: { tokens: "127.0.0.1:0" }
store: sqlite:./store.db
scopes: { m:read: {}, m:send: { maxTtl: 1h } }
issuers: [{ name: own, issuer: "https://s.local", signing: { algorithm: EdDSA } }]
routes: [{ path: /m, anyOf: [m:read, m:send] }]
log: { audit: ./audit.log }
`,
  );
  await sallyport(['account', 'add', 'ada', '--scopes', 'm:read'], PASSWORD);
});

afterAll(() => rm(folder, { recursive: true }));

function sallyport(args: readonly string[], options: { readonly input?: string } = {}) {
  return runSallyport([...args, '--config', join(folder, 'sallyport.yaml')], options);
}

const issue = (...args: readonly string[]) => sallyport(['token', 'issue', ...args]);

describe('sallyport token issue', () => {
  it('needs a signing key', async () => {
    expect(await issue('ada', '--scopes', 'm:read')).toEqual({
      code: 1,
      output: 'sallyport: there is no signing key yet: start Sallyport once, or run sallyport keys rotate\n',
    });
    expect((await sallyport(['keys', 'rotate'])).code).toBe(0);
  });

  it('prints a token that passes, and records who issued it but not the token', async () => {
    const { code, output } = await issue('ada', '--scopes', 'm:read', '--ttl', '30m', '--by', 'max', '--json');
    expect(code).toBe(0);
    const view = JSON.parse(output.slice(output.indexOf('{\n')));
    expect(view).toMatchObject({ scopes: ['m:read'], token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
    expect(Date.parse(view.expires) - Date.parse(view.created)).toBe(30 * 60_000);
    const explained = await sallyport(['explain', '--token-file', '-', 'GET', '/m'], { input: view.token });
    expect(explained.code, explained.output).toBe(0);
    const audit = await readFile(join(folder, 'audit.log'), 'utf8');
    expect(audit).toContain('"by":"max"');
    expect(audit).toContain(view.id);
    expect(audit).not.toContain(view.token);
    expect((await sallyport(['token', 'list'])).output).toContain(view.id);
  });

  it('writes it to a new file that only its owner can read', async () => {
    const out = join(folder, 'token');
    const { code, output } = await issue('ada', '--scopes', 'm:read', '--out', out);
    const token = await readFile(out, 'utf8');
    expect({ code, hasToken: output.includes(token.trim()) }).toEqual({ code: 0, hasToken: false });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(await issue('ada', '--scopes', 'm:read', '--out', out)).toEqual({
      code: 1,
      output: expect.stringContaining('it already exists'),
    });
    expect(await readFile(out, 'utf8')).toBe(token);
  });

  it.each<[string, readonly string[], number, string]>([
    ['a scope that the account lacks', ['ada', '--scopes', 'm:send'], 1, 'no token was issued: scopes[0]: '],
    ['an unknown account', ['eve', '--scopes', 'm:read'], 1, "no account 'eve'"],
    ['a lifetime over the maximum', ['ada', '--scopes', 'm:read', '--ttl', '400d'], 1, 'no token was issued: ttl: '],
    [
      'a lifetime that is none',
      ['ada', '--scopes', 'm:read', '--ttl', '1500ms'],
      2,
      '--ttl takes a duration in whole seconds',
    ],
  ])('refuses %s, and leaves no file', async (_what, args, code, message) => {
    const out = join(folder, 'none');
    expect(await issue(...args, '--out', out)).toEqual({ code, output: expect.stringContaining(message) });
    await expect(stat(out)).rejects.toThrow('ENOENT');
  });

  it('refuses a disabled account', async () => {
    await sallyport(['account', 'disable', 'ada']);
    expect(await issue('ada', '--scopes', 'm:read')).toEqual({
      code: 1,
      output: expect.stringContaining('is disabled'),
    });
  });
});
