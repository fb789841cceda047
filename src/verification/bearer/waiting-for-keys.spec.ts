import { describe, expect, it } from 'vitest';
import { forge } from '../../../test/support/jwt/forge.ts';
import { corporate } from '../../../test/support/jwt/issuers.ts';
import { p256 } from '../../../test/support/jwt/keys.ts';
import { NOW } from '../../../test/support/jwt/verifying.ts';
import type { VerificationResult } from '../../core/credential/verified-credential.ts';
import { unread } from '../../core/standing.ts';
import type { FoundKeys, VerificationKey } from '../keys.ts';
import { SIGNERS_AT_ONCE } from '../signatures/signer.ts';
import { TokenCache } from '../token-cache.ts';
import { BearerVerifier } from './bearer-verifier.ts';
import { Issuers } from './issuers.ts';

const KEY: VerificationKey = { kid: 'new', key: p256.publicKey, inForce: { inForce: true } };

/** A verifier whose key set the test fetches, and which goes on when the test says so. */
class Bench {
  readonly fetched = Promise.withResolvers<FoundKeys>();
  readonly verified: string[] = [];
  readonly due: (() => void)[] = [];
  private readonly verifier = new BearerVerifier({
    issuers: new Issuers([
      { config: corporate({ algorithms: ['ES256'] }), keys: { find: () => this.fetched.promise, inForce: () => [] } },
    ]),
    cache: new TokenCache(10_000),
    standings: { at: unread },
    clock: { wallMs: () => NOW * 1000 },
    clockSkewMs: 0,
    maxTokenLength: 16_384,
    generation: 1,
    signers: {
      find: (jws, algorithm, keys) => {
        this.verified.push(jws);
        return SIGNERS_AT_ONCE.find(jws, algorithm, keys);
      },
    },
    goOn: (work) => void this.due.push(work),
  });

  verify(token: string): Promise<VerificationResult> {
    return Promise.resolve(this.verifier.verify({ scheme: 'bearer', value: token }));
  }

  /** Goes on with so many. */
  async goOn(count: number): Promise<void> {
    for (const work of this.due.splice(0, count)) work();
    await settled();
  }
}

async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

const CLAIMS = { iss: 'https://login.example.com', sub: 'alice', aud: 'sms-api', exp: NOW + 60 };

function token(id: string): string {
  return forge({ alg: 'ES256', kid: 'new' }, { ...CLAIMS, jti: id }, p256.privateKey);
}

describe('tokens that wait for a key set', () => {
  it('are not all verified in the turn in which it comes', async () => {
    const bench = new Bench();
    const tokens = ['a', 'b', 'c', 'd'].map(token);
    const results = tokens.map((one) => bench.verify(one));
    bench.fetched.resolve([KEY]);
    await settled();
    expect([bench.verified.length, bench.due.length]).toEqual([0, 4]);
    await bench.goOn(1);
    expect(bench.verified).toEqual(tokens.slice(0, 1));
    await bench.goOn(3);
    expect(bench.verified).toEqual(tokens);
    expect((await Promise.all(results)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('verified'));
  });

  it('are bounded in number: of further ones, the keys are unavailable at once', async () => {
    const bench = new Bench();
    const same = token('a');
    const waiting = Array.from({ length: 4_096 }, () => bench.verify(same));
    const further = await bench.verify(same);
    expect(further).toMatchObject({ outcome: 'refused', reason: 'unavailable', check: 'keys' });
    bench.fetched.resolve(undefined);
    await settled();
    await bench.goOn(4_096);
    expect(new Set((await Promise.all(waiting)).map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
    void bench.verify(same);
    await settled();
    expect(bench.due).toHaveLength(1);
  });
});
