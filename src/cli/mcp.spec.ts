import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSallyport } from '../../test/support/servers/run-sallyport.ts';

const CONFIG = `version: 1
listen: { extAuthz: 127.0.0.1:9191, tokens: 127.0.0.1:9192 }
store: sqlite:./s.db
scopes: { mcp:use: {}, messages:send: {} }
issuers:
  - { name: sallyport, issuer: https://s.local, audience: https://sms.example.com/mcp, signing: { algorithm: EdDSA } }
resources:
  - { name: sms, url: https://sms.example.com/mcp, authorizationServers: [https://s.local] }
routes:
  - { path: /mcp, scope: mcp:use, resource: sms, mcp: { tools: { send_message: messages:send } } }
  - { path: "/.well-known/**", public: true }
`;

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mcp-'));
  file = join(folder, 'sallyport.yaml');
  await writeFile(file, CONFIG);
});

afterAll(() => rm(folder, { recursive: true }));

it('sallyport check counts resources', async () => {
  const { code, output } = await runSallyport(['check', '--config', file]);
  expect([code, output]).toEqual([0, `${file}: valid: 2 routes, 1 issuer, 2 scopes, 1 resource\n`]);
});

it('sallyport routes shows what the tools need, and the resource', async () => {
  const { output } = await runSallyport(['routes', '--config', file]);
  expect(output.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['HOSTS', 'METHODS', 'PATH', 'NEEDS', 'TOOLS', 'RESOURCE', 'ISSUERS', 'BASIC', 'SHADOW'],
    ['any', 'any', '/mcp', 'mcp:use', 'send_message: mcp:use and messages:send', 'sms', 'any', '-', '-'],
    ['any', 'any', '/.well-known/**', 'no credential', '-', '-', 'any', '-', '-'],
    [''],
  ]);
  const { output: one } = await runSallyport(['routes', 'GET', '/.well-known/x', '--config', file]);
  expect(one).not.toContain('TOOLS');
});

it('sallyport explain refuses a tool for a method that calls none', async () => {
  const explain = (...args: string[]) => runSallyport(['explain', 'POST', '/mcp', '--config', file, ...args]);
  const misused = await explain('--mcp-tool', 'send_message', '--mcp-method', 'tools/list');
  expect([misused.code, misused.output]).toEqual([2, expect.stringContaining('--mcp-tool is for tools/call')]);
});
