import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../../test/support/servers/run-sallyport.ts';
import { startApp } from '../app/start.ts';
import { requireConfig } from './command.ts';

let file: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  file = join(folder, 'sallyport.yaml');
});

describe('sallyport init', () => {
  it('writes a file that passes the check without a warning, and that Sallyport starts with', async () => {
    const { code, output } = await runSallyport(['init', '--issuer', 'https://tokens.example.com', '--config', file]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`wrote ${file}`) });
    expect(await runSallyport(['check', '--strict', '--config', file])).toEqual({
      code: 0,
      output: `${file}: valid: 4 routes, 1 issuer, 2 scopes\n`,
    });
    const config = requireConfig(file, {});
    expect(config.issuers[0]?.issuer).toEqual(['https://tokens.example.com']);
    const anyPort = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
    const extAuthz = config.listen.extAuthz && { ...config.listen.extAuthz, ...anyPort };
    const listen = { ...config.listen, extAuthz, tokens: anyPort, admin: anyPort };
    const app = await startApp({ ...config, listen }, { env: {}, logDestination: { write: () => {} } });
    await app.close();
  });

  it('never changes an existing file', async () => {
    await runSallyport(['init', '--config', file]);
    const before = await readFile(file, 'utf8');
    expect(await runSallyport(['init', '--issuer', 'https://other.example.com', '--config', file])).toEqual({
      code: 1,
      output: expect.stringMatching(/^sallyport: cannot create .*: it already exists; nothing was changed\n$/),
    });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it.each(['tokens.example.com', 'https://a"b', 'https://a b'])('refuses the issuer %s', async (issuer) => {
    expect(await runSallyport(['init', '--issuer', issuer, '--config', file])).toMatchObject({ code: 2 });
  });
});
