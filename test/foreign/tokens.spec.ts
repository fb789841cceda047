import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jsonwebtoken from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedKeys } from '../../src/verification/keys.ts';
import { python3, pythonPackages } from '../../tools/python.ts';
import type { Json } from '../support/jwt/forge.ts';
import { corporate, partner, publishing } from '../support/jwt/issuers.ts';
import { ed25519, jwkOf, p256, p384, p521, rsa, secretOf } from '../support/jwt/keys.ts';
import { NOW, VerifierFixture } from '../support/jwt/verifying.ts';

const SECRET = secretOf('s');

/** The key of each algorithm family in the form that libraries read; its name is its `kid`. */
const KEYS = {
  rsa: rsa.privateKey,
  p256: p256.privateKey,
  p384: p384.privateKey,
  p521: p521.privateKey,
  ed25519: ed25519.privateKey,
  secret: SECRET,
} as const;

const PUBLISHED = [
  jwkOf(rsa, { kid: 'rsa' }),
  jwkOf(p256, { kid: 'p256' }),
  jwkOf(p384, { kid: 'p384' }),
  jwkOf(p521, { kid: 'p521' }),
  jwkOf(ed25519, { kid: 'ed25519' }),
];

const ALGORITHMS: Readonly<Record<string, keyof typeof KEYS>> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'p256',
  ES384: 'p384',
  ES512: 'p521',
  EdDSA: 'ed25519',
  HS256: 'secret',
  HS384: 'secret',
  HS512: 'secret',
};

const CLAIMS = { sub: 'älice', aud: 'sms-api', iat: NOW, nbf: NOW, exp: NOW + 3600, scope: 'messages:send' };

/** Returns the claims of a token by its algorithm: the partner has the shared secrets. */
function claimsFor(algorithm: string): Json {
  return { ...CLAIMS, iss: (algorithm.startsWith('HS') ? partner([SECRET]) : corporate()).issuer[0] };
}

function familyOf(algorithm: string): keyof typeof KEYS {
  const family = ALGORITHMS[algorithm];
  if (family === undefined) throw new Error(`no key for ${algorithm}`);
  return family;
}

describe('a token of another library', () => {
  let folder: string;
  let packages: string;

  beforeAll(async () => {
    packages = await pythonPackages('jwt');
    folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
    for (const [name, key] of Object.entries(KEYS)) {
      const isSecret = key.type === 'secret';
      await writeFile(`${folder}/${name}.raw`, isSecret ? key.export() : key.export({ type: 'pkcs8', format: 'pem' }));
      await writeFile(`${folder}/${name}.jwk`, JSON.stringify(key.export({ format: 'jwk' })));
    }
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a script that prints one token for each algorithm. */
  async function run(script: string, ending: string, algorithms: readonly string[]): Promise<Record<string, string>> {
    const jobs = algorithms.map((alg) => {
      const kid = familyOf(alg);
      return { alg, kid, key: `${kid}.${ending}`, claims: claimsFor(alg) };
    });
    const path = fileURLToPath(new URL(script, import.meta.url));
    // What our own script prints.
    return JSON.parse(await python3(path, packages, folder, JSON.stringify(jobs))) as Record<string, string>;
  }

  async function expectAccepted(
    tokens: Readonly<Record<string, string>>,
    algorithms: readonly string[],
  ): Promise<void> {
    expect(Object.keys(tokens).toSorted()).toEqual(algorithms.toSorted());
    const keySet = publishing(...PUBLISHED);
    const secret = { kid: undefined, key: SECRET, inForce: { inForce: true } };
    const subject = new VerifierFixture(
      { config: corporate({ algorithms: algorithms.filter((name) => !name.startsWith('HS')) }), keys: keySet },
      { config: partner([SECRET]), keys: new FixedKeys([secret]) },
    );
    for (const [algorithm, token] of Object.entries(tokens)) {
      expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
        alg: algorithm,
      });
      expect(await subject.verify(token)).toMatchObject({
        outcome: 'verified',
        identity: {
          subject: 'älice',
          scopes: ['messages:send'],
          issuer: familyOf(algorithm) === 'secret' ? 'partner' : 'corporate',
        },
        validUntilMs: (NOW + 3600 + 30) * 1000,
      });
    }
  }

  it('is accepted from jsonwebtoken: RS256, PS256, ES256, HS256', async () => {
    const algorithms = ['RS256', 'PS256', 'ES256', 'HS256'] as const;
    const tokens = algorithms.map((algorithm) => {
      const keyid = familyOf(algorithm);
      return [algorithm, jsonwebtoken.sign(claimsFor(algorithm), KEYS[keyid], { algorithm, keyid })] as const;
    });
    await expectAccepted(Object.fromEntries(tokens), algorithms);
  });

  it('is accepted from PyJWT: EdDSA, ES256, ES512, RS384, PS384, HS512', async () => {
    const algorithms = ['EdDSA', 'ES256', 'ES512', 'RS384', 'PS384', 'HS512'];
    await expectAccepted(await run('pyjwt-tokens.py', 'raw', algorithms), algorithms);
  });

  it('is accepted from joserfc: ES384, ES512, PS512, RS512, HS384', async () => {
    const algorithms = ['ES384', 'ES512', 'PS512', 'RS512', 'HS384'];
    await expectAccepted(await run('joserfc-tokens.py', 'jwk', algorithms), algorithms);
  });
});
