import { randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Authorizer } from '../src/authorizer/authorizer.ts';
import { TokenCache } from '../src/verification/token-cache.ts';
import { makeCredential, makeFreshStanding, makeRequest } from '../test/support/core.ts';
import { AT_ONCE, authorizerOf, ISSUER, mint, PAIRS, secret, shared } from './parts/first-seen.ts';
import { Spread } from './parts/spread.ts';
import { printRow } from './parts/table.ts';

/**
 * Measures first-seen tokens beside jose's `jwtVerify`, and known tokens in rotation; `bursts.ts` measures what many new ones
 * delay. CPU microseconds of the whole process, contenders in turns, medians.
 */
const TOKENS = 1_000;
const ROUNDS = 9;

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
for (const count of [1, 10_000, 100_000]) {
  process.stdout.write(`${count} known tokens in rotation: ${(await rotation(count)).toFixed(2)} µs a decision\n`);
}
