import type { KeyObject } from 'node:crypto';
import { createSecretKey, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import { Secret } from '../../config/secret.ts';
import { curveOf } from '../../lib/jose/key-fit.ts';

const generate = promisify(generateKeyPair);

/** Long enough for HS512. */
const SECRET_BYTES = 64;

/** The kinds of keys, those of ECDSA by their curve. One RSA key serves all algorithms of RSA. */
type Family = string;

/** A key that signs, and its id. */
export interface TestKey {
  readonly signing: KeyObject;
  /** `undefined` for a shared secret. */
  readonly kid: string | undefined;
  /** What the issuer would publish. */
  readonly published: KeyObject | undefined;
}

/**
 * The keys that take the place of those of every issuer while tests run: made in memory, each issuer its own, so that a
 * token of one does not pass as another's. None is ever written anywhere.
 */
export class TestKeys {
  private readonly keys = new Map<string, Promise<TestKey>>();
  private readonly secrets = new Map<string, Secret>();

  /** The shared secret of an issuer, in place of all that are configured. */
  secretOf(issuer: string): Secret {
    const known = this.secrets.get(issuer) ?? new Secret(randomBytes(SECRET_BYTES));
    this.secrets.set(issuer, known);
    return known;
  }

  /**
   * Returns a key of the issuer for this algorithm.
   *
   * @param forged whether to return one that has the same id and that the issuer does not publish.
   */
  keyOf(issuer: string, algorithm: string, forged = false): Promise<TestKey> {
    const family = familyOf(algorithm);
    const isShared = family === 'secret' && !forged;
    const id = JSON.stringify([issuer, family, forged]);
    const known = this.keys.get(id) ?? make(family, isShared ? this.secretOf(issuer) : undefined);
    this.keys.set(id, known);
    return known;
  }

  /** The key set (RFC 7517, section 5) that the issuer publishes. */
  async keySetOf({ name, algorithms }: Pick<PublishingIssuer, 'name' | 'algorithms'>): Promise<string> {
    const keys = await Promise.all(algorithms.map((algorithm) => this.keyOf(name, algorithm)));
    const jwks = [...new Set(keys)].map(({ kid, published }) => ({
      ...published?.export({ format: 'jwk' }),
      kid,
      use: 'sig',
    }));
    return JSON.stringify({ keys: jwks });
  }
}

type PublishingIssuer = Extract<IssuerConfig, { readonly kind: 'jwks' | 'discovery' }>;

function familyOf(algorithm: string): Family {
  if (algorithm.startsWith('HS')) return 'secret';
  return curveOf(algorithm) ?? (algorithm.startsWith('Ed') ? 'ed25519' : 'rsa');
}

async function make(family: Family, secret: Secret | undefined): Promise<TestKey> {
  if (family === 'secret') {
    const bytes = secret?.reveal() ?? randomBytes(SECRET_BYTES);
    return { signing: createSecretKey(bytes), kid: undefined, published: undefined };
  }
  const { privateKey, publicKey } = await pairOf(family);
  return { signing: privateKey, kid: `test-${family}`, published: publicKey };
}

function pairOf(family: Family) {
  if (family === 'rsa') return generate('rsa', { modulusLength: 2048 });
  return family === 'ed25519' ? generate('ed25519') : generate('ec', { namedCurve: family });
}
