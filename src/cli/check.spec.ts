import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../../test/support/servers/run-sallyport.ts';

let file: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-check-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  file = join(folder, 'sallyport.yaml');
});

const WITH_SECRETS = `version: 1
listen:
  extAuthz: { address: "0.0.0.0:9191", tls: { cert: ./none.crt, key: ./none.key, clientCa: ./none.ca } }
store: { url: "rediss://r", password: { env: SALLYPORT_NONE }, tls: { ca: ./none.ca } }
scopes: { m:read: {} }
issuers:
  - { name: own, issuer: "https://s.local", signing: { algorithm: EdDSA, sealWith: { file: ./none } } }
  - { name: partner, audience: a, requireSubject: s, algorithms: [HS256], secrets: [{ env: SALLYPORT_NONE, encoding: base64url }] }
routes: [{ path: /m, scope: m:read }]
`;

describe('sallyport check --without-secrets', () => {
  it('accepts absent variables and files, and names what it did not check', async () => {
    await writeFile(file, WITH_SECRETS);
    expect((await runSallyport(['check', '--config', file])).code).toBe(1);
    const { code, output } = await runSallyport(['check', '--without-secrets', '--json', '--config', file]);
    expect({ code, ...JSON.parse(output) }).toMatchObject({
      code: 0,
      valid: true,
      unchecked: expect.arrayContaining([
        'store.password.env',
        'store.tls.ca',
        'listen.extAuthz.tls.cert',
        'listen.extAuthz.tls.clientCa',
        'issuers[0].signing.sealWith.file',
        'issuers[1].secrets[0].env',
      ]),
    });
  });

  it('still checks what is there', async () => {
    await writeFile(file, WITH_SECRETS);
    const { code, output } = await runSallyport(['check', '--without-secrets', '--config', file], {
      env: { SALLYPORT_NONE: 'short' },
    });
    expect(code).toBe(1);
    expect(output).toContain('issuers[1].secrets[0]');
    expect(output).not.toContain('short-');
  });
});

describe('sallyport check --strict', () => {
  const CONFIG = 'version: 1\nlisten: { extAuthz: "127.0.0.1:1" }\nstore: "memory:"\nscopes: { m:read: {} }\n';

  it('exits with 1 if there is a warning', async () => {
    await writeFile(file, `${CONFIG}routes: [{ path: /m, public: true }]\n`);
    const loose = await runSallyport(['check', '--config', file]);
    expect(loose).toMatchObject({ code: 0, output: expect.stringContaining('warning: ') });
    expect(await runSallyport(['check', '--strict', '--config', file])).toEqual({ ...loose, code: 1 });
  });

  it('exits with 0 if there is none', async () => {
    await writeFile(file, `${CONFIG.replace('m:read: {}', '')}routes: [{ path: /m, public: true }]\n`);
    expect(await runSallyport(['check', '--strict', '--config', file])).toMatchObject({ code: 0 });
  });

  it('prints the problems as one document with --json', async () => {
    await writeFile(file, 'version: 2\n');
    const { code, output } = await runSallyport(['check', '--json', '--config', file]);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      valid: false,
      problems: expect.arrayContaining([expect.objectContaining({ line: 1, path: 'version' })]),
    });
  });
});

describe('sallyport check --envoy', () => {
  const ENVOY = new URL('../../envoy.yaml', import.meta.url).pathname;
  const SALLYPORT = new URL('../../sallyport.yaml', import.meta.url).pathname;

  it('exits with 0 and names the file if there is nothing to report', async () => {
    expect(await runSallyport(['check', '--config', SALLYPORT, '--envoy', ENVOY])).toEqual({
      code: 0,
      output: expect.stringContaining(`${ENVOY}: Envoy asks Sallyport; no problem found`),
    });
  });

  it('exits with 1 and prints problems, warnings and what it did not see with their places', async () => {
    const dangerous = join(dirname(file), 'dangerous.yaml');
    const clusters = join(dirname(file), 'clusters.yaml');
    const text = await readFile(ENVOY, 'utf8');
    await writeFile(
      dangerous,
      text.replace('failure_mode_allow: false', 'failure_mode_allow: true').split('  clusters:')[0] ?? '',
    );
    await writeFile(clusters, 'clusters: [{ name: sallyport, connect_timeout: 1s }]\n');
    const args = ['check', '--config', SALLYPORT, '--envoy', dangerous];
    const { code, output } = await runSallyport(args);
    expect(code).toBe(1);
    expect(output).toMatch(
      /^.*dangerous\.yaml:\d+:\d+: http_filters\[0\]\.typed_config\.failure_mode_allow: every request passes/m,
    );
    expect(output).toMatch(/^not checked: .*dangerous\.yaml:\d+:\d+: .*cluster 'sallyport' is in none of the files/m);
    const json = await runSallyport([...args, '--envoy', clusters, '--json']);
    expect({ code: json.code, ...JSON.parse(json.output) }).toMatchObject({
      code: 1,
      valid: false,
      problems: [expect.objectContaining({ file: dangerous })],
      warnings: [expect.objectContaining({ file: clusters, line: 1, path: 'clusters[0]' })],
      unseen: [],
    });
  });

  it('exits with 1 for warnings only with --strict', async () => {
    const slow = join(dirname(file), 'slow.yaml');
    await writeFile(slow, (await readFile(ENVOY, 'utf8')).replace('timeout: 0.2s', 'timeout: 0.1s'));
    const args = ['check', '--config', SALLYPORT, '--envoy', slow];
    expect(await runSallyport(args)).toMatchObject({ code: 0, output: expect.stringContaining('warning: ') });
    expect(await runSallyport([...args, '--strict'])).toMatchObject({ code: 1 });
  });
});
