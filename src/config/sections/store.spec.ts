import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../test/support/config.ts';

const NONE = {
  username: undefined,
  password: undefined,
  tls: undefined,
  sentinel: undefined,
  cluster: undefined,
  minReplicas: 0,
  allowEviction: false,
};
const URL_EXPECTED = 'expected redis://HOST[:PORT][/DATABASE], or rediss:// for TLS';
const CREDENTIALS = 'a URL must not contain credentials: write { url, username, password: { env: NAME } }';
const BY_REFERENCE = 'a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }';

describe('a Redis store', () => {
  it.each([
    ['redis://redis', { host: 'redis', port: 6379, database: 0 }],
    ['redis://10.0.0.5:6380/15', { host: '10.0.0.5', port: 6380, database: 15 }],
    ['"redis://[::1]:7000/"', { host: '::1', port: 7000, database: 0 }],
    ['{ url: "REDIS://redis/3" }', { host: 'redis', port: 6379, database: 3 }],
    ['{ url: "redis://h", allowEviction: true }', { host: 'h', port: 6379, database: 0, allowEviction: true }],
  ])('is read from %s', (store, expected) => {
    expect(configOf(`store: ${store}`).store).toEqual({ kind: 'redis', ...NONE, ...expected });
  });

  it('uses TLS with a rediss:// URL', () => {
    const tls = { ca: undefined, cert: undefined, key: undefined };
    expect(configOf('store: rediss://h').store).toMatchObject({ host: 'h', port: 6379, tls });
  });

  it('reads its password by reference, and never prints it', () => {
    const store = 'store: { url: redis://h, username: sallyport, password: { env: REDIS_PASSWORD } }';
    const config = configOf(store, { env: { REDIS_PASSWORD: 'hunter2' } });
    if (config.store.kind !== 'redis') throw new Error('no Redis');
    expect(config.store.username).toBe('sallyport');
    expect(Buffer.from(config.store.password?.reveal() ?? []).toString()).toBe('hunter2');
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });

  it.each([
    ['redis://', `3: store: ${URL_EXPECTED}`],
    ['redis:h', `3: store: ${URL_EXPECTED}`],
    ['redis://h/x', `3: store: ${URL_EXPECTED}`],
    ['redis://h/1/2', `3: store: ${URL_EXPECTED}`],
    ['redis://h?db=1', `3: store: ${URL_EXPECTED}`],
    ['redis://h:99999', `3: store: ${URL_EXPECTED}`],
    ['redis://a,b', `3: store: ${URL_EXPECTED}`],
    ['redis://u:hunter2@h', `3: store: ${CREDENTIALS}`],
    ['redis://:hunter2@h', `3: store: ${CREDENTIALS}`],
    ['{ url: "rediss://hunter2@h" }', `3: store.url: ${CREDENTIALS}`],
    ['{ url: "sqlite:x" }', `3: store.url: ${URL_EXPECTED}`],
    ['{}', '3: store.url: expected the URL of a Redis server: redis://HOST'],
    ['{ url: redis://h, password: hunter2 }', `3: store.password: ${BY_REFERENCE}`],
    ['{ url: redis://h, password: { env: NONE } }', '3: store.password.env: the environment variable NONE is not set'],
    ['{ url: redis://h, username: u }', '3: store.username: requires a password'],
    ['{ url: redis://h, tls: {} }', '3: store.tls: requires a rediss:// URL'],
    ['{ url: redis://h, pasword: { env: A } }', "3: store: unknown key 'pasword', did you mean 'password'?"],
    [
      '{ url: redis://h, hunter2: 1 }',
      '3: store: unknown key, expected url, username, password, tls, sentinel, cluster, minReplicas or allowEviction',
    ],
    ['{ url: redis://h, minReplicas: 1.5 }', '3: store.minReplicas: expected a whole number from 0 to 10, found 1.5'],
    ['{ url: redis://h, minReplicas: -1 }', '3: store.minReplicas: expected a whole number from 0 to 10, found -1'],
    ['{ url: redis://h, minReplicas: 11 }', '3: store.minReplicas: expected a whole number from 0 to 10, found 11'],
    ["{ url: redis://h, minReplicas: '1' }", "3: store.minReplicas: expected a whole number from 0 to 10, found '1'"],
    ['{ url: redis://h, allowEviction: 1 }', '3: store.allowEviction: expected true or false, found 1'],
  ])('%s is refused', (store, problem) => {
    const found = linesOf(problemsOf(fileWith(`store: ${store}`)));
    expect(found).toEqual([problem]);
    expect(found.join()).not.toContain('hunter2');
  });
});

describe('the Sentinels of a Redis store', () => {
  it('are read together with the name of their primary', () => {
    const sentinel =
      '{ addresses: ["10.0.0.1:26379", "[::1]:5000"], username: s, password: { env: SENTINEL_PASSWORD } }';
    const text = `store: { url: redis://My_Primary/3, sentinel: ${sentinel}, minReplicas: 2 }`;
    const config = configOf(text, { env: { SENTINEL_PASSWORD: 'hunter2' } });
    const addresses = [
      { host: '10.0.0.1', port: 26_379 },
      { host: '::1', port: 5_000 },
    ];
    expect(config.store).toMatchObject({ host: 'My_Primary', database: 3, password: undefined, minReplicas: 2 });
    expect(config.store).toMatchObject({ sentinel: { addresses, username: 's', tls: undefined } });
    const { sentinel: read } = config.store.kind === 'redis' ? config.store : {};
    expect(Buffer.from(read?.password?.reveal() ?? []).toString()).toBe('hunter2');
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });

  it('use TLS by their own tls, whatever the primary uses', () => {
    const text = 'store: { url: redis://primary, sentinel: { addresses: ["s:1"], tls: {} } }';
    const tls = { ca: undefined, cert: undefined, key: undefined };
    expect(configOf(text).store).toMatchObject({ tls: undefined, sentinel: { tls } });
  });

  it.each([
    ['{}', '3: store.sentinel.addresses: missing: expected a list of host:port of the Sentinels'],
    ['{ addresses: [] }', '3: store.sentinel.addresses: must not be empty'],
    ['{ addresses: "h:1" }', "3: store.sentinel.addresses: expected a list of host:port of the Sentinels, found 'h:1'"],
    ['{ addresses: [h] }', "3: store.sentinel.addresses[0]: expected host:port of a Sentinel, found 'h'"],
    ['{ addresses: ["h:0"] }', "3: store.sentinel.addresses[0]: expected host:port of a Sentinel, found 'h:0'"],
    ['{ addresses: ["unix:/s"] }', "3: store.sentinel.addresses[0]: expected host:port of a Sentinel, found 'unix:/s'"],
    ['{ addresses: ["h:1"], password: hunter2 }', `3: store.sentinel.password: ${BY_REFERENCE}`],
    ['{ addresses: ["h:1"], username: u }', '3: store.sentinel.username: requires a password'],
    ['{ addresses: ["h:1"], tls: { ca: none } }', '3: store.sentinel.tls.ca: cannot read the file: no such file'],
    ['{ adresses: ["h:1"] }', "3: store.sentinel: unknown key 'adresses', did you mean 'addresses'?"],
  ])('%s is refused', (sentinel, problem) => {
    const found = linesOf(problemsOf(fileWith(`store: { url: "redis://h", sentinel: ${sentinel} }`)));
    expect(found).toEqual([problem]);
    expect(found.join()).not.toContain('hunter2');
  });

  it('provide the port', () => {
    const text = fileWith('store: { url: "redis://h:6379", sentinel: { addresses: ["h:1"] } }');
    expect(linesOf(problemsOf(text))).toEqual([
      '3: store.url: with sentinel, expected redis://NAME[/DATABASE]: the Sentinels know the port',
    ]);
  });
});

describe('the cluster of a Redis store', () => {
  it.each([
    ['true', []],
    [
      '{ addresses: ["10.0.0.1:7000", "[::1]:7001"] }',
      [
        { host: '10.0.0.1', port: 7_000 },
        { host: '::1', port: 7_001 },
      ],
    ],
  ])('is read from %s', (cluster, addresses) => {
    const { store } = configOf(`store: { url: "redis://h:7000", cluster: ${cluster} }`);
    expect(store).toEqual({ kind: 'redis', host: 'h', port: 7_000, database: 0, ...NONE, cluster: { addresses } });
  });

  it.each([
    ['cluster: false', '3: store.cluster: expected true, or { addresses: [HOST:PORT, …] }, found false'],
    ['cluster: { addresses: [] }', '3: store.cluster.addresses: must not be empty'],
    ['cluster: { addresses: [h] }', "3: store.cluster.addresses[0]: expected host:port of a node, found 'h'"],
    ['cluster: { addresses: ["h:0"] }', "3: store.cluster.addresses[0]: expected host:port of a node, found 'h:0'"],
    ['cluster: {}', '3: store.cluster.addresses: missing: expected a list of host:port of nodes'],
    ['cluster: { adresses: ["h:1"] }', "3: store.cluster: unknown key 'adresses', did you mean 'addresses'?"],
  ])('%s is refused', (cluster, problem) => {
    expect(linesOf(problemsOf(fileWith(`store: { url: "redis://h", ${cluster} }`)))).toEqual([problem]);
  });

  it('excludes sentinel', () => {
    const text = fileWith('store: { url: "redis://h", cluster: true, sentinel: { addresses: ["h:1"] } }');
    expect(linesOf(problemsOf(text))).toEqual([
      '3: store.cluster: cannot be combined with sentinel: a Redis Cluster elects its primaries itself',
    ]);
  });

  it('has no databases', () => {
    expect(linesOf(problemsOf(fileWith('store: { url: "redis://h/1", cluster: true }')))).toEqual([
      '3: store.url: with cluster, expected redis://HOST[:PORT]: a Redis Cluster has no databases',
    ]);
  });
});

describe('tls of a Redis store', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

  it.each([
    ['ca: none', '3: store.tls.ca: cannot read the file: no such file'],
    ['ca: key', '3: store.tls.ca: expected a PEM file that begins with a certificate'],
    ['key: key', '3: store.tls: expected cert and key together'],
    ['cert: key', '3: store.tls: expected cert and key together'],
    [
      'ca: "-----BEGIN CERTIFICATE-----"',
      "3: store.tls.ca: expected the path of a PEM file with the CA of Redis's certificate, not its contents",
    ],
    ['clientCa: x', '3: store.tls: unknown key, expected ca, cert or key'],
  ])('{ %s } is refused', (tls, problem) => {
    const text = fileWith(`store: { url: "rediss://h", tls: { ${tls} } }`);
    expect(linesOf(problemsOf(text, { files: { key } }))).toEqual([problem]);
  });
});

describe('our own issuer with a Redis store', () => {
  const issuers = (signing: string) => `issuers: [{ name: own, issuer: us, signing: { ${signing} } }]`;
  const env = { SEAL: 'a secret of sixteen bytes or more' };

  it.each(['store: redis://h', 'store: { url: redis://h }'])('needs sealWith with %s', (store) => {
    const bad = fileWith(`${store}\n${issuers('algorithm: EdDSA')}`);
    expect(problemsOf(bad)).toEqual([
      '4:36: issuers[0].signing: a Redis store requires sealWith: the secret that seals the signing keys',
    ]);
    const good = fileWith(`${store}\n${issuers('algorithm: EdDSA, sealWith: { env: SEAL }')}`);
    expect(problemsOf(good, { env })).toEqual([]);
    const misspelt = fileWith(`${store}\n${issuers('algorithm: EdDSA, sealwith: { env: SEAL }')}`);
    expect(problemsOf(misspelt, { env })).toHaveLength(1);
  });

  it('needs no sealWith with SQLite', () => {
    expect(problemsOf(fileWith(`store: sqlite:x\n${issuers('algorithm: EdDSA')}`))).toEqual([]);
  });
});

/** Returns the problems with their lines but without their columns. */
function linesOf(problems: readonly string[]): string[] {
  return problems.map((problem) => problem.replace(/^([0-9]+):[0-9]+: /, '$1: '));
}
