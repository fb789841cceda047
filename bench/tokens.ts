import type { KeyObject } from 'node:crypto';
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jwtVerify, SignJWT } from 'jose';
import { Authorizer } from '../src/authorizer/authorizer.ts';
import { BearerVerifier } from '../src/verification/bearer/bearer-verifier.ts';
import { Issuers } from '../src/verification/bearer/issuers.ts';
import { FixedKeys } from '../src/verification/keys.ts';
import { VerificationPace } from '../src/verification/pace/verification-pace.ts';
import { ScopeLists } from '../src/verification/scope-lists.ts';
import { Signatures } from '../src/verification/signatures/signatures.ts';
import { SIGNERS_AT_ONCE } from '../src/verification/signatures/signer.ts';
import { TokenCache } from '../src/verification/token-cache.ts';
import {
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makePolicy,
  makeRequest,
  makeRoute,
} from '../test/support/core.ts';
import { corporate } from '../test/support/jwt/issuers.ts';
import { Spread } from './parts/spread.ts';
import { printRow, spread } from './parts/table.ts';

/**
 * Measures first-seen tokens beside jose's `jwtVerify`, the delay that a burst of them causes for known tokens, and known
 * tokens in rotation. CPU microseconds of the whole process, contenders in turns, medians.
 */
const TOKENS = 1_000;
const ROUNDS = 9;
const BURST = 1_000;
const ISSUER = 'https://login.example.com';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const secret = createSecretKey(randomBytes(32));
const shared = { privateKey: secret, publicKey: secret };
const PAIRS: Readonly<Record<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>> = {
  HS256: shared,
  RS256: rsa,
  PS256: rsa,
  ES256: p256,
  EdDSA: ed25519,
};
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
let minted = 0;

async function mint(algorithm: string, key: KeyObject, count: number): Promise<readonly string[]> {
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

type Judging = Pick<ConstructorParameters<typeof BearerVerifier>[0], 'signers' | 'pace' | 'waitMs'>;

const AT_ONCE: Judging = { signers: SIGNERS_AT_ONCE, pace: undefined, waitMs: 0 };

/** An authorizer of the real parts whose revocation set needs no read. */
function authorizerOf(
  algorithm: string,
  publicKey: KeyObject,
  judging: Judging,
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
    ...judging,
  });
  const always = Number.POSITIVE_INFINITY;
  return new Authorizer({
    policy: makePolicy([makeRoute()]),
    known,
    verifier,
    standings: {
      freshness: { ...makeFreshness(), heardUpToMs: always, heardUpToWallMs: always, maxStalenessMs: always },
      outageFreshness: undefined,
      refresh: () => Promise.reject(new Error('nothing is read')),
      refreshAll: () => Promise.reject(new Error('nothing is read')),
    },
    clock,
    observer: { decided: () => {}, failed: () => {} },
    decisionTimeoutMs: 5_000,
  });
}

async function allow(authorizer: Authorizer, token: string): Promise<void> {
  const decision = authorizer.decide(makeRequest({ authorization: `Bearer ${token}` }));
  const { outcome } = decision instanceof Promise ? await decision : decision;
  if (outcome !== 'allow') throw new Error('a good token did not pass');
}

/** Returns the CPU microseconds of each of `count` steps. */
async function cpuOf(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function firstSeen(algorithm: string): Promise<void> {
  const { privateKey, publicKey } = PAIRS[algorithm] ?? shared;
  const [jose, ours] = [new Spread(), new Spread()];
  const options = { algorithms: [algorithm], issuer: ISSUER, audience: 'sms-api' };
  for (let round = 0; round < ROUNDS; round++) {
    const tokens = await mint(algorithm, privateKey, TOKENS);
    const authorizer = authorizerOf(algorithm, publicKey, AT_ONCE);
    const byJose = async (): Promise<void> => {
      for (const token of tokens) await jwtVerify(token, publicKey, options);
    };
    const byUs = async (): Promise<void> => {
      for (const token of tokens) await allow(authorizer, token);
    };
    jose.add(await cpuOf(TOKENS, byJose));
    ours.add(await cpuOf(TOKENS, byUs));
  }
  printRow({
    'first seen': algorithm,
    'jose µs': jose.at(0.5).toFixed(1),
    'decision µs': ours.at(0.5).toFixed(1),
    'more µs': (ours.at(0.5) - jose.at(0.5)).toFixed(1),
  });
}

/** Decides a known token in each turn of the event loop while a burst of others arrives at once. */
async function burst(algorithm: string): Promise<void> {
  const { privateKey, publicKey } = PAIRS[algorithm] ?? shared;
  const signers = new Signatures({ clock, freed: () => pace.resume() });
  const pace = new VerificationPace({ clock, hasRoom: () => signers.hasRoom() });
  const authorizer = authorizerOf(algorithm, publicKey, { signers, pace, waitMs: 5_000 });
  const [known = '', ...tokens] = await mint(algorithm, privateKey, BURST);
  await allow(authorizer, known);
  const turns = new Spread();
  let left = 0;
  // In reads of 64, as a gateway's streams arrive.
  for (let first = 0; first < tokens.length; first += 64) {
    for (const token of tokens.slice(first, first + 64)) {
      left += 1;
      void allow(authorizer, token).finally(() => (left -= 1));
    }
    await turn(authorizer, known, turns);
  }
  while (left > 0) await turn(authorizer, known, turns);
  await signers.close();
  const {
    p50 = '',
    p99 = '',
    max = '',
  } = Object.fromEntries(Object.entries(spread('turn', turns)).map(([name, figure]) => [name.slice(5), figure]));
  process.stdout.write(`burst of ${BURST} ${algorithm}: a known token waits p50 ${p50}, p99 ${p99}, max ${max} ms\n`);
}

async function turn(authorizer: Authorizer, known: string, turns: Spread): Promise<void> {
  const beganMs = performance.now();
  await nextTurn();
  await allow(authorizer, known);
  turns.add(performance.now() - beganMs);
}

/** Decides known tokens that take turns, each from bytes of its own as a transport reads them. */
async function rotation(count: number): Promise<number> {
  const cache = new TokenCache(125_000, 1e9);
  const head = `Bearer ${randomBytes(400).toString('base64url')}.`;
  const fields = Array.from({ length: count }, () => Buffer.from(`${head}${randomBytes(64).toString('base64url')}`));
  for (const [index, field] of fields.entries()) {
    const standings = ['jti', 'thumbprint', 'subject', 'issuer', 'key'].map((key) =>
      makeFreshStanding({ key: `${key} ${index}` }),
    );
    cache.add(field.toString('latin1', 7), makeCredential({ identity: { subject: `subject-${index}` }, standings }));
  }
  const authorizer = authorizerOf('HS256', secret, AT_ONCE, cache);
  const figures = new Spread();
  for (let round = 0; round < ROUNDS; round++) {
    const decide = async (): Promise<void> => {
      for (let step = 0; step < 100_000; step++) {
        const authorization = fields[(step * 7_919) % count]?.toString('latin1');
        const decision = authorizer.decide(makeRequest({ authorization }));
        if (decision instanceof Promise || decision.outcome !== 'allow') throw new Error('a known token did not pass');
      }
    };
    figures.add(await cpuOf(100_000, decide));
  }
  return figures.at(0.5);
}

for (const algorithm of Object.keys(PAIRS)) await firstSeen(algorithm);
for (const algorithm of ['RS256', 'ES256', 'EdDSA']) await burst(algorithm);
for (const count of [1, 10_000, 100_000]) {
  process.stdout.write(`${count} known tokens in rotation: ${(await rotation(count)).toFixed(2)} µs a decision\n`);
}
