import type { KeyObject } from 'node:crypto';
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { Authorizer } from '../../src/authorizer/authorizer.ts';
import { BearerVerifier } from '../../src/verification/bearer/bearer-verifier.ts';
import { Issuers } from '../../src/verification/bearer/issuers.ts';
import { FixedKeys } from '../../src/verification/keys.ts';
import type { VerificationPace } from '../../src/verification/pace/verification-pace.ts';
import { ScopeLists } from '../../src/verification/scope-lists.ts';
import type { SignerFinder } from '../../src/verification/signatures/signer.ts';
import { SIGNERS_AT_ONCE } from '../../src/verification/signatures/signer.ts';
import { TokenCache } from '../../src/verification/token-cache.ts';
import { makeFreshStanding, makePolicy, makeRoute, makeStandings } from '../../test/support/core.ts';
import { corporate } from '../../test/support/jwt/issuers.ts';

export const ISSUER = 'https://login.example.com';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
export const secret = createSecretKey(randomBytes(32));
export const shared = { privateKey: secret, publicKey: secret };
export const PAIRS: Readonly<Record<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>> = {
  HS256: shared,
  RS256: rsa,
  PS256: rsa,
  ES256: p256,
  EdDSA: ed25519,
};
export const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
let minted = 0;

/** Returns tokens of the issuer that the authorizers below trust. */
export async function mint(algorithm: string, key: KeyObject, count: number): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: count }, () => {
      minted += 1;
      const claims = { scopes: ['messages:send', 'messages:list'], tenant: 'x'.repeat(180) };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: 'k1', typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setAudience('sms-api')
        .setSubject(`subject-${minted}`)
        .setJti(`token-${minted}`)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(key);
    }),
  );
}

/** How the signatures of new tokens are verified; without a pace, all of them at once. */
export interface Judging {
  readonly signers: SignerFinder;
  readonly pace?: VerificationPace;
}

export const AT_ONCE: Judging = { signers: SIGNERS_AT_ONCE };

/** Returns an authorizer of the real parts whose revocation set needs no read. */
export function authorizerOf(
  algorithm: string,
  publicKey: KeyObject,
  { signers, pace }: Judging,
  known = new TokenCache(125_000),
): Authorizer {
  const keys = new FixedKeys([{ kid: 'k1', key: publicKey, inForce: { inForce: true } }]);
  const verifier = new BearerVerifier({
    issuers: new Issuers([{ config: corporate({ algorithms: [algorithm] }), keys }]),
    cache: known,
    standings: { at: (key) => makeFreshStanding({ key }) },
    scopeLists: new ScopeLists(),
    clock,
    clockSkewMs: 30_000,
    maxTokenLength: 16_384,
    generation: 1,
    signers,
  });
  const always = Number.POSITIVE_INFINITY;
  return new Authorizer({
    policy: makePolicy([makeRoute()]),
    known,
    verifier,
    admit: ({ client, waitMs }, begin, giveUp) => pace?.run(begin, giveUp, client, waitMs) ?? begin(),
    standings: makeStandings({ heardUpToMs: always, heardUpToWallMs: always, maxStalenessMs: always }),
    clock,
    observer: { decided: () => {}, failed: () => {} },
    decisionTimeoutMs: 5_000,
  });
}
