import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf, fileWith, loadConfigText } from '../../../../test/support/config.ts';
import { loadConfig } from '../../load.ts';

const OWN = 'issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]\nroutes: []\n';

function problemsOf(text: string) {
  const loaded = loadConfigText(fileWith(text));
  return loaded.ok ? [] : loaded.problems;
}

describe('apiKeys', () => {
  it('is off without the section', () => {
    expect(configOf(OWN).apiKeys).toEqual({ prefix: undefined, leakReports: undefined });
  });

  it.each(['sp', 'acme_live', 'a1', 'x'.repeat(20)])('takes the prefix %s', (prefix) => {
    expect(configOf(`${OWN}apiKeys: { prefix: ${prefix} }`).apiKeys).toEqual({ prefix, leakReports: undefined });
  });

  it.each(["''", 's', 'SP', 'sp_', '_sp', 'a__b', '1sp', 'sp-x', 'ä1', 'x'.repeat(21), 'eyJ'])(
    'refuses the prefix %s',
    (prefix) => {
      expect(problemsOf(`${OWN}apiKeys: { prefix: ${prefix} }`)).toMatchObject([{ path: 'apiKeys.prefix' }]);
    },
  );

  it('requires a prefix', () => {
    expect(problemsOf(`${OWN}apiKeys: {}`)).toMatchObject([
      { path: 'apiKeys.prefix', message: expect.stringContaining("such as 'sp'") },
    ]);
  });

  it('needs an issuer of our own', () => {
    expect(problemsOf('issuers: []\nroutes: []\napiKeys: { prefix: sp }')).toMatchObject([
      { path: 'apiKeys', message: 'needs an issuer with signing: each key belongs to one of its accounts' },
    ]);
  });
});

describe('apiKeys.leakReports', () => {
  const of = (leakReports: string) => `${OWN}apiKeys: { prefix: sp, leakReports: ${leakReports} }`;
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-leaks-'));
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ public_keys: [{ key_identifier: 'k', key: pem }] }));
    await writeFile(join(folder, 'other.json'), '{"keys":[]}');
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("uses GitHub's keys by default", () => {
    expect(configOf(of('{}')).apiKeys.leakReports).toEqual({
      kind: 'url',
      url: new URL('https://api.github.com/meta/public_keys/secret_scanning'),
    });
  });

  it('takes another URL', () => {
    const { leakReports } = configOf(of('{ keys: "http://127.0.0.1:9/keys" }')).apiKeys;
    expect(leakReports).toEqual({ kind: 'url', url: new URL('http://127.0.0.1:9/keys') });
  });

  it.each(['http://keys.example.com/', 'keys', 'https://user:secret@keys.example.com/'])(
    'refuses the URL %s',
    (url) => {
      const problems = problemsOf(of(`{ keys: "${url}" }`));
      expect(problems).toMatchObject([{ path: 'apiKeys.leakReports.keys' }]);
      expect(JSON.stringify(problems)).not.toContain('secret@');
    },
  );

  it('takes a file with the same document, and reloads when it changes', async () => {
    const file = join(folder, 'sallyport.yaml');
    await writeFile(file, fileWith(of('{ file: keys.json }')));
    const loaded = loadConfig(file, {});
    const { leakReports } = loaded.ok ? loaded.config.apiKeys : {};
    expect(leakReports?.kind === 'file' && [...leakReports.keys.keys()]).toEqual(['k']);
    expect(loaded.files).toContain(join(folder, 'keys.json'));
  });

  it.each([
    ['{ file: other.json }', 'has no ECDSA key on P-256'],
    ['{ file: absent.json }', 'cannot read the file'],
    ['{ file: keys.json, keys: "https://keys.example.com/" }', "either 'keys' or 'file'"],
  ])('refuses %s', async (written, message) => {
    const file = join(folder, 'sallyport.yaml');
    await writeFile(file, fileWith(of(written)));
    const loaded = loadConfig(file, {});
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });
});
