import { describe, expect, it } from 'vitest';
import { jwkOf, otherRsa, p256, rsa } from '../../../test/support/jwt/keys.ts';
import { Publisher, setOf } from '../../../test/support/jwt/publisher.ts';
import type { RemoteKeySet } from './key-set.ts';

const COOL_DOWN_MS = 10_000;
const REFRESH_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
const MAX_STALE_MS = 24 * HOUR_MS;

const A = jwkOf(rsa, { kid: 'a' });
const B = jwkOf(otherRsa, { kid: 'b' });
const C = jwkOf(p256, { kid: 'c' });

async function kids(set: RemoteKeySet, algorithm: string, kid: string | undefined) {
  return (await set.find(algorithm, kid))?.map((key) => key.kid);
}

/** An issuer and its key set, which has fetched the keys once. */
async function fetched(...keys: readonly object[]) {
  const issuer = new Publisher();
  issuer.publish(...keys);
  const set = issuer.keySet();
  set.start();
  await issuer.time.advance(0);
  return { issuer, set };
}

describe('RemoteKeySet.find()', () => {
  it('fetches on first use, once for all concurrent calls', async () => {
    const issuer = new Publisher();
    const { promise, resolve } = Promise.withResolvers<string>();
    issuer.answer = () => promise;
    const set = issuer.keySet();
    expect(issuer.asked).toEqual([]);
    const waiting = [kids(set, 'RS256', 'a'), kids(set, 'RS256', undefined), kids(set, 'RS256', 'b')];
    await issuer.time.advance(2 * COOL_DOWN_MS);
    waiting.push(kids(set, 'RS256', 'a'));
    resolve(setOf(A));
    expect(await Promise.all(waiting)).toEqual([['a'], ['a'], [], ['a']]);
    expect(issuer.asked).toHaveLength(1);
  });

  it('does not wait for a refresh if the key is known', async () => {
    const { issuer, set } = await fetched(A);
    issuer.swallow();
    await issuer.time.advance(REFRESH_MS);
    expect(issuer.asked).toHaveLength(2);
    const waitingForOther = kids(set, 'RS256', 'b');
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
    expect(issuer.time.nowMs).toBe(1_000_000 + REFRESH_MS);
    await issuer.time.advance(5_000);
    expect(await waitingForOther).toBeUndefined();
  });

  it('fetches for an unknown kid only after the cool-down', async () => {
    const { issuer, set } = await fetched(A);
    issuer.publish(A, B);
    await issuer.time.advance(COOL_DOWN_MS - 1);
    expect(await kids(set, 'RS256', 'b')).toEqual([]);
    expect(issuer.asked).toHaveLength(1);
    await issuer.time.advance(1);
    expect(await kids(set, 'RS256', 'b')).toEqual(['b']);
    expect(issuer.asked).toHaveLength(2);
  });

  it('fetches once per cool-down during a flood of unknown kids', async () => {
    const { issuer, set } = await fetched(A);
    for (let round = 1; round <= 3; round++) {
      await issuer.time.advance(COOL_DOWN_MS);
      const flood = Array.from({ length: 50 }, (_, index) => kids(set, 'RS256', `${round}-${index}`));
      expect((await Promise.all(flood)).flat()).toEqual([]);
      for (let index = 0; index < 50; index++) expect(await kids(set, 'RS256', `${round}+${index}`)).toEqual([]);
      expect(issuer.asked).toHaveLength(1 + round);
    }
  });

  it('returns undefined for an unknown kid while the issuer is down', async () => {
    const { issuer, set } = await fetched(A);
    issuer.fail();
    await issuer.time.advance(COOL_DOWN_MS);
    expect(await kids(set, 'RS256', 'b')).toBeUndefined();
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
  });

  it('returns every key that fits if the token has no kid', async () => {
    const { set } = await fetched(A, jwkOf(otherRsa), C, jwkOf(rsa, { kid: 'd', alg: 'RS512' }));
    expect(await kids(set, 'RS256', undefined)).toEqual(['a', undefined]);
  });
});

describe('RemoteKeySet in the background', () => {
  it('refreshes every five minutes', async () => {
    const { issuer, set } = await fetched(A);
    issuer.publish(A, B);
    await issuer.time.advance(REFRESH_MS);
    expect(issuer.asked).toHaveLength(2);
    expect(await kids(set, 'RS256', 'b')).toEqual(['b']);
    await issuer.time.advance(HOUR_MS);
    expect(issuer.asked).toHaveLength(2 + 12);
  });

  it.each([
    ['a day', 24 * HOUR_MS, REFRESH_MS],
    ['two minutes', 120_000, 120_000],
    ['zero', 0, 60_000],
  ])('refreshes after the max-age, limited to between one and five minutes: %s', async (_, maxAgeMs, everyMs) => {
    const issuer = new Publisher();
    issuer.answer = async () => ({ text: setOf(A), maxAgeMs });
    issuer.keySet().start();
    await issuer.time.advance(everyMs);
    expect(issuer.asked.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, everyMs]);
  });

  it('backs off while the issuer is down, and notices its recovery within a minute', async () => {
    const { issuer, set } = await fetched(A);
    issuer.fail();
    await issuer.time.advance(REFRESH_MS);
    const stopFlood = startFlood(issuer, set);
    await issuer.time.advance(HOUR_MS);
    stopFlood();
    const waits = issuer.asked.map(({ atMs }, index) => (atMs - (issuer.asked[index - 1]?.atMs ?? atMs)) / 1000);
    expect(waits.slice(0, 10)).toEqual([0, 300, 1, 2, 4, 8, 16, 32, 60, 60]);
    expect(issuer.asked.length).toBeLessThan(70);
    issuer.publish(A, B);
    await issuer.time.advance(60_000);
    expect(await kids(set, 'RS256', 'b')).toEqual(['b']);
  });

  it('retries within a second after the first fetch fails', async () => {
    const issuer = new Publisher();
    issuer.fail();
    const set = issuer.keySet({ random: () => 0.999 });
    set.start();
    await issuer.time.advance(0);
    expect(await kids(set, 'RS256', 'a')).toBeUndefined();
    issuer.publish(A);
    await issuer.time.advance(1_000);
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
    expect(issuer.told).toEqual([
      'corporate failed 1: no route to host',
      'corporate fetched: a',
      'corporate recovered after 1',
    ]);
  });

  it('sends one request at a time to an issuer that never responds', async () => {
    const issuer = new Publisher();
    issuer.swallow();
    const set = issuer.keySet();
    set.start();
    await issuer.time.advance(HOUR_MS);
    const gaps = issuer.asked.map(
      ({ atMs }, index) => atMs - (issuer.asked[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY),
    );
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(6_000);
    expect(issuer.asked.length).toBeLessThan(70);
  });

  it('aborts its fetch and stops every timer when it is closed', async () => {
    const { issuer, set } = await fetched(A);
    let aborted = false;
    issuer.answer = (_, signal) => {
      const { promise, reject } = Promise.withResolvers<string>();
      signal.addEventListener('abort', () => {
        aborted = true;
        reject(new Error('aborted'));
      });
      return promise;
    };
    await issuer.time.advance(COOL_DOWN_MS);
    const waiting = kids(set, 'RS256', 'b');
    await issuer.time.advance(0);
    set.close();
    expect(await waiting).toBeUndefined();
    expect(aborted).toBe(true);
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
    expect(issuer.time.pending).toBe(0);
    await issuer.time.advance(HOUR_MS);
    expect(await kids(set, 'RS256', 'b')).toBeUndefined();
    expect([issuer.asked.length, issuer.told]).toEqual([2, ['corporate fetched: a']]);
  });

  it('ignores a response that arrives after it is closed', async () => {
    const issuer = new Publisher();
    const { promise, resolve } = Promise.withResolvers<string>();
    issuer.answer = () => promise;
    const set = issuer.keySet();
    const waiting = kids(set, 'RS256', 'a');
    set.close();
    resolve(setOf(A));
    expect(await waiting).toBeUndefined();
    expect([issuer.time.pending, issuer.told]).toEqual([0, []]);
  });

  it('leaves no rejection unhandled if a fetch throws, or fails after the caller stopped waiting', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const issuer = new Publisher();
      issuer.answer = () => {
        throw new Error('at once');
      };
      const set = issuer.keySet();
      expect(await kids(set, 'RS256', 'a')).toBeUndefined();
      const { promise, reject } = Promise.withResolvers<string>();
      issuer.answer = () => promise;
      await issuer.time.advance(1_000);
      // The authorizer too stops waiting when something else settles first.
      await Promise.race([kids(set, 'RS256', 'a'), Promise.resolve()]);
      reject(new Error('too late'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

describe('RemoteKeySet keeps the last good keys', () => {
  it.each<[what: string, text: string, why: string]>([
    ['HTML', '<html>down for maintenance</html>', 'it answered no JSON'],
    ['an empty body', '', 'it answered no JSON'],
    ['null', 'null', 'it answered no JSON object'],
    ['an array', '[]', 'it answered no JSON object'],
    ['no keys', '{}', 'its answer has no "keys" array'],
    ['keys that are not an array', '{"keys":{"kty":"RSA"}}', 'its answer has no "keys" array'],
    ['an empty set', '{"keys":[]}', 'its key set has no key that can verify a signature'],
    [
      'a set of secrets',
      '{"keys":[{"kty":"oct","k":"AAAA","kid":"b"}]}',
      'its key set has no key that can verify a signature',
    ],
  ])('when the issuer responds with %s, and counts a failure', async (_, text, why) => {
    const { issuer, set } = await fetched(A);
    const [key] = (await set.find('RS256', 'a')) ?? [];
    issuer.answer = async () => text;
    await issuer.time.advance(COOL_DOWN_MS);
    expect(await kids(set, 'RS256', 'b')).toBeUndefined();
    expect(await set.find('RS256', 'a')).toEqual([key]);
    expect(key?.inForce.inForce).toBe(true);
    expect(set.status()).toEqual({
      issuer: 'corporate',
      ageSeconds: 10,
      maxAgeSeconds: 86_400,
      failures: 1,
      exposesKeys: false,
    });
    expect(issuer.told.slice(1)).toEqual([`corporate failed 1: ${why}`]);
  });

  it('while the issuer is down, until they are too old', async () => {
    const { issuer, set } = await fetched(A);
    const [key] = (await set.find('RS256', 'a')) ?? [];
    issuer.fail();
    await issuer.time.advance(MAX_STALE_MS - 1);
    expect([key?.inForce.inForce, await kids(set, 'RS256', 'a')]).toEqual([true, ['a']]);
    await issuer.time.advance(1);
    // Cached tokens do not call find(): the object that they hold must have changed.
    expect([key?.inForce.inForce, issuer.ends]).toEqual([false, 1]);
    expect(await kids(set, 'RS256', 'a')).toBeUndefined();
    expect(set.status()).toMatchObject({ ageSeconds: undefined, failures: issuer.asked.length - 1 });
    issuer.publish(A);
    await issuer.time.advance(60_000);
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
    expect(issuer.told.slice(-3)).toEqual([
      'corporate outdated',
      'corporate fetched: a',
      expect.stringMatching(/^corporate recovered after \d+$/),
    ]);
  });

  it('until they are too old by the clock, even if the timer is late', async () => {
    const { issuer, set } = await fetched(A);
    const [key] = (await set.find('RS256', 'a')) ?? [];
    issuer.fail();
    issuer.time.nowMs += MAX_STALE_MS;
    expect(await kids(set, 'RS256', 'a')).toBeUndefined();
    expect([key?.inForce.inForce, issuer.told]).toEqual([
      false,
      ['corporate fetched: a', 'corporate outdated', 'corporate failed 1: no route to host'],
    ]);
  });

  it('until the maximum age of a new configuration', async () => {
    const { issuer, set } = await fetched(A);
    issuer.fail();
    set.keepFor(2 * HOUR_MS);
    await issuer.time.advance(HOUR_MS);
    set.keepFor(HOUR_MS + 1_000);
    await issuer.time.advance(999);
    expect(await kids(set, 'RS256', 'a')).toEqual(['a']);
    await issuer.time.advance(1);
    expect(await kids(set, 'RS256', 'a')).toBeUndefined();
  });

  it('as the same objects if the next set contains them, and takes the others out of force', async () => {
    const { issuer, set } = await fetched(A, B);
    const [kept] = (await set.find('RS256', 'a')) ?? [];
    const [dropped] = (await set.find('RS256', 'b')) ?? [];
    issuer.publish(C, A);
    await issuer.time.advance(REFRESH_MS);
    expect((await set.find('RS256', 'a'))?.[0]).toBe(kept);
    expect([kept?.inForce.inForce, dropped?.inForce.inForce]).toEqual([true, false]);
    expect(await kids(set, 'RS256', 'b')).toEqual([]);
    expect([issuer.told, issuer.ends]).toEqual([['corporate fetched: a,b', 'corporate changed: +c -b'], 1]);
  });

  it('and accepts a dropped key that is published again', async () => {
    const { issuer, set } = await fetched(A, B);
    issuer.publish(A);
    await issuer.time.advance(REFRESH_MS);
    issuer.publish(A, B);
    await issuer.time.advance(REFRESH_MS);
    const [back] = (await set.find('RS256', 'b')) ?? [];
    expect(back).toMatchObject({ kid: 'b', inForce: { inForce: true } });
  });

  it('until their kid names another key', async () => {
    const { issuer, set } = await fetched(A);
    const [former] = (await set.find('RS256', 'a')) ?? [];
    issuer.publish(jwkOf(otherRsa, { kid: 'a' }));
    await issuer.time.advance(REFRESH_MS);
    const [current] = (await set.find('RS256', 'a')) ?? [];
    expect(current?.key.equals(otherRsa.publicKey)).toBe(true);
    expect([former?.inForce.inForce, current?.inForce.inForce]).toEqual([false, true]);
  });

  it('while the issuer publishes private keys, which it reports', async () => {
    const { issuer, set } = await fetched(A);
    const exposed = { ...otherRsa.privateKey.export({ format: 'jwk' }), kid: 'b' };
    issuer.publish(A, exposed);
    await issuer.time.advance(REFRESH_MS);
    expect([await kids(set, 'RS256', 'a'), await kids(set, 'RS256', 'b')]).toEqual([['a'], undefined]);
    expect(set.status()).toMatchObject({ exposesKeys: true, failures: expect.any(Number) });
    expect(issuer.told.slice(1)).toEqual([
      'corporate exposed: b',
      'corporate failed 1: its key set contains private keys',
    ]);
    issuer.publish(A, B);
    await issuer.time.advance(60_000);
    expect(await kids(set, 'RS256', 'b')).toEqual(['b']);
    expect(set.status()).toMatchObject({ exposesKeys: false, failures: 0 });
  });

  it('and reports once how many are left out', async () => {
    const many = Array.from({ length: 102 }, (_, index) => jwkOf(p256, { kid: `${index}` }));
    const { issuer } = await fetched(...many);
    await issuer.time.advance(2 * REFRESH_MS);
    expect(issuer.told.slice(1)).toEqual(['corporate left out: 2']);
    issuer.publish(...many, A);
    await issuer.time.advance(REFRESH_MS);
    expect(issuer.told.slice(2)).toEqual(['corporate left out: 3']);
  });

  it('and reports them once while nothing changes, and a long outage every ten minutes', async () => {
    const { issuer } = await fetched(A);
    await issuer.time.advance(HOUR_MS);
    issuer.fail();
    await issuer.time.advance(HOUR_MS);
    expect(issuer.told.filter((line) => line.includes('fetched'))).toHaveLength(1);
    expect(issuer.told.filter((line) => line.includes('failed'))).toHaveLength(6);
    expect(issuer.told[1]).toBe('corporate failed 1: no route to host');
  });

  it('and reports a failure with another cause at once', async () => {
    const { issuer } = await fetched(A);
    issuer.fail();
    await issuer.time.advance(HOUR_MS / 2);
    issuer.told.length = 0;
    issuer.answer = () => Promise.reject(new Error('failed', { cause: new Error('it answered 403') }));
    await issuer.time.advance(3 * 60_000);
    expect(issuer.told).toEqual([expect.stringMatching(/^corporate failed \d+: failed: it answered 403$/)]);
  });
});

/** Presents an unknown kid every second. Returns a function that stops this. */
function startFlood(issuer: Publisher, set: RemoteKeySet): () => void {
  let cancel: () => void = () => undefined;
  const tick = (): void => {
    void set.find('RS256', `unknown-${issuer.time.nowMs}`);
    cancel = issuer.time.after(1_000, tick);
  };
  tick();
  return () => cancel();
}
