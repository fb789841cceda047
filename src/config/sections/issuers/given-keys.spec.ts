import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configOf, fileWith, loadConfigText, problemsOf } from '../../../../test/support/config.ts';
import { ed25519, jwkOf, p256, p384, rsa, secretOf, smallRsa } from '../../../../test/support/jwt/keys.ts';
import { setOf } from '../../../../test/support/jwt/publisher.ts';
import { loadConfig } from '../../load.ts';

const EC = jwkOf(p256, { kid: 'a' });
const PRIVATE = p256.privateKey.export({ format: 'jwk' });
const SYMMETRIC = { kty: 'oct', k: secretOf('s').export().toString('base64url') };
/** What spiffe-helper writes: the bundle of each trust domain, in base64. */
const BUNDLES = JSON.stringify({
  'example.org': Buffer.from(setOf(EC)).toString('base64'),
  'broken.example': 'bm90IEpTT04=',
  'number.example': 1,
});

const files = {
  'keys.json': setOf(EC),
  'mixed.json': setOf(jwkOf(rsa, { kid: 'e', use: 'enc' }), { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }, EC),
  'marked.json': `\uFEFF${setOf(EC)}`,
  'other.json': setOf(jwkOf(p384)),
  'private.json': setOf(EC, PRIVATE),
  'symmetric.json': setOf(SYMMETRIC, EC),
  'many.json': setOf(...Array.from({ length: 101 }, () => EC)),
  'empty.json': setOf(),
  'large.json': setOf({ ...EC, x5c: ['x'.repeat(512 * 1024)] }),
  'map.json': '{}',
  'key.pem': '-----BEGIN PUBLIC KEY-----',
  'bytes.json': Buffer.from([0xff]),
  'bundles.json': BUNDLES,
};

/** One issuer at line 4. */
function sectionsWith(jwks: string, more = ''): string {
  return `issuers:\n  - { name: them, issuer: them, audience: sms, algorithms: [ES256, EdDSA]${more}, jwks: ${jwks} }`;
}

/** Returns the problems without their places in the file and the path of the issuer. */
function messagesOf(jwks: string, more?: string): string[] {
  return problemsOf(fileWith(sectionsWith(jwks, more)), { files }).map((problem) =>
    problem.replace(/^4:\d+: issuers\[0\]\./, ''),
  );
}

function keysOf(jwks: string): unknown {
  const issuer = configOf(sectionsWith(jwks), { files }).issuers[0];
  return issuer?.kind === 'keys' ? JSON.parse(issuer.keySet) : issuer;
}

const PRIVATE_KEY = 'this is a private key: write its public half, without d, p, q, dp, dq, qi, oth and priv';
const SECRET_KEY = 'this is a symmetric key, which is a secret: use secrets: [{ env: NAME }] in place of jwks';
const UNUSABLE =
  'expected a public key that Sallyport can use: RSA with at least 2048 bits, EC on P-256, P-384 or P-521, or Ed25519';

describe('keys in the configuration', () => {
  it('are a JWK Set', () => {
    const keys = [EC, { ...jwkOf(ed25519, { use: 'jwt-svid' }), key_ops: ['verify'] }];
    expect(keysOf(JSON.stringify({ keys }))).toEqual({ keys });
  });

  it.each<[what: string, key: object, message: string]>([
    ['private', PRIVATE, `jwks.keys[0]: ${PRIVATE_KEY}`],
    ['symmetric', SYMMETRIC, `jwks.keys[0]: ${SECRET_KEY}`],
    [
      'for encryption',
      { ...EC, use: 'enc' },
      'jwks.keys[0]: this key is not for signatures: expected use sig or none, and key_ops with verify or none',
    ],
    [
      'for other operations',
      { ...EC, key_ops: ['encrypt'] },
      'jwks.keys[0]: this key is not for signatures: expected use sig or none, and key_ops with verify or none',
    ],
    ['too small', jwkOf(smallRsa), `jwks.keys[0]: ${UNUSABLE}`],
    ['not on its curve', { ...EC, y: EC.x }, `jwks.keys[0]: ${UNUSABLE}`],
    [
      'of another curve than the algorithms',
      jwkOf(p384),
      'jwks.keys[0]: this key is not for ES256 or EdDSA (algorithms): compare its type, curve and alg',
    ],
    [
      'of another curve than its alg',
      { ...EC, alg: 'ES384' },
      'jwks.keys[0]: this key is not for ES256 or EdDSA (algorithms): compare its type, curve and alg',
    ],
    ['without a type', { kid: 'a' }, 'jwks.keys[0].kty: missing: expected a string'],
    ['with a number as its id', { ...EC, kid: 2027 }, 'jwks.keys[0].kid: expected a string, found 2027'],
  ])('must not be %s', (_, key, message) => {
    expect(messagesOf(JSON.stringify({ keys: [key] }))).toEqual([message]);
  });

  it('have a problem for each wrong key, and none that quotes a part of one', () => {
    const messages = messagesOf(JSON.stringify({ keys: [EC, PRIVATE, SYMMETRIC] }));
    expect(messages).toEqual([`jwks.keys[1]: ${PRIVATE_KEY}`, `jwks.keys[2]: ${SECRET_KEY}`]);
    expect(messages.join()).not.toContain(PRIVATE.d);
  });

  it.each<[jwks: string, message: string]>([
    ['{ keys: [] }', 'jwks.keys: must not be empty'],
    ['{ keys: x }', 'jwks.keys: expected a list of public keys (JWK)'],
    [
      '{ keys: [x] }',
      'jwks.keys[0]: expected a public key as a JWK, such as { kty: EC, kid: 2027-1, crv: P-256, x: …, y: … }',
    ],
    [JSON.stringify({ keys: Array.from({ length: 101 }, () => EC) }), 'jwks.keys: expected at most 100 keys'],
    ['{}', 'jwks: expected exactly one of url, file and keys, found none'],
    [
      JSON.stringify({ file: 'keys.json', keys: [EC] }),
      'jwks: expected exactly one of url, file and keys, found file and keys',
    ],
    ['{ flie: keys.json }', "jwks: unknown key 'flie', did you mean 'file'?"],
    [JSON.stringify({ keys: [EC], trustDomain: 'example.org' }), 'jwks.trustDomain: has no effect without file'],
    ['{ file: keys.json, ca: ca.crt }', 'jwks.ca: has no effect: these keys are not fetched from a server'],
  ])('are refused: %s', (jwks, message) => {
    expect(messagesOf(jwks)).toEqual([message]);
  });

  it('do not grow old', () => {
    expect(messagesOf('{ file: keys.json }', ', maxStale: 24h')).toEqual([
      'maxStale: has no effect: these keys are not fetched from a server',
    ]);
  });
});

describe('a file of keys', () => {
  it.each(['{ file: keys.json }', '{ file: marked.json }', '{ file: bundles.json, trustDomain: example.org }'])(
    'is a JWK Set: %s',
    (jwks) => {
      expect(keysOf(jwks)).toEqual({ keys: [EC] });
    },
  );

  it('may hold keys that Sallyport does not use', () => {
    expect(keysOf('{ file: mixed.json }')).toEqual(JSON.parse(files['mixed.json']));
  });

  const NO_SET = 'jwks.file: expected a file with a JWK Set, which is JSON such as {"keys":[…]}';
  const NO_KEY =
    'jwks.file: the file has no key for ES256 or EdDSA (algorithms): compare type, curve and alg of its keys';
  it.each<[jwks: string, message: string]>([
    ['{ file: gone.json }', 'jwks.file: cannot read the file: no such file'],
    ['{ file: "" }', 'jwks.file: must not be empty'],
    ['{ file: key.pem }', NO_SET],
    ['{ file: map.json }', NO_SET],
    ['{ file: bytes.json }', NO_SET],
    ['{ file: bundles.json }', NO_SET],
    ['{ file: other.json }', NO_KEY],
    ['{ file: empty.json }', NO_KEY],
    ['{ file: private.json }', `jwks.file: key 2 of the file: ${PRIVATE_KEY}`],
    ['{ file: symmetric.json }', `jwks.file: key 1 of the file: ${SECRET_KEY}`],
    ['{ file: many.json }', 'jwks.file: the file has more than 100 keys'],
    ['{ file: large.json }', 'jwks.file: the file is larger than 512 KiB'],
    [
      '{ file: key.pem, trustDomain: example.org }',
      'jwks.file: expected a file with the JWT bundles of trust domains, as JSON',
    ],
    ['{ file: bundles.json, trustDomain: other.org }', 'jwks.file: the file has no JWT bundle of this trustDomain'],
    [
      '{ file: bundles.json, trustDomain: number.example }',
      'jwks.file: the file has no JWT bundle of this trustDomain',
    ],
    ['{ file: bundles.json, trustDomain: broken.example }', NO_SET],
    [
      '{ file: bundles.json, trustDomain: "spiffe://example.org" }',
      "jwks.trustDomain: expected a trust domain such as 'example.org': a-z, 0-9, '.', '-' and '_', without spiffe://",
    ],
  ])('is refused: %s', (jwks, message) => {
    expect(messagesOf(jwks)).toEqual([message]);
  });

  it('is watched', () => {
    const { files: watched } = loadConfigText(fileWith(sectionsWith('{ file: keys.json }')), { files });
    expect(watched.map((file) => basename(file))).toEqual(['sallyport.yaml', 'keys.json']);
  });

  it('may be absent where only the configuration itself is checked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-key-file-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'sallyport.yaml');
    writeFileSync(file, fileWith(sectionsWith('{ file: keys.json }')));
    expect(loadConfig(file, {}).ok).toBe(false);
    expect(loadConfig(file, {}, { withoutSecrets: true })).toMatchObject({
      ok: true,
      unchecked: ['issuers[0].jwks.file'],
    });
  });
});
