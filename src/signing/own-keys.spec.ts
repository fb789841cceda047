import { describe, expect, it } from 'vitest';
import { own } from '../../test/support/jwt/issuers.ts';
import { describeError } from '../../test/support/jwt/publisher.ts';
import { KeyRingFixture, makeKey, SEALER } from '../../test/support/jwt/signing.ts';
import { NOW } from '../../test/support/jwt/verifying.ts';
import { SimulatedTime } from '../../test/support/simulated-time.ts';
import { OwnKeys } from './own-keys.ts';
import { Sealer } from './sealer.ts';
import { resealSigningKey } from './signing-key.ts';

const START_MS = new SimulatedTime().nowMs;
const LIMIT_MS = 60_000;

/** One instance on a store. */
class Instance {
  readonly events: string[] = [];
  /** When it read the keys, in milliseconds since the start. */
  readonly readAtMs: number[] = [];
  broken: Error | undefined;
  /** How often keys have ceased to be in force. */
  ends = 0;
  readonly keys: OwnKeys;
  readonly ringing: KeyRingFixture;
  private readonly time: SimulatedTime;

  constructor(ringing: KeyRingFixture, time: SimulatedTime, sealer = SEALER) {
    this.ringing = ringing;
    this.time = time;
    this.keys = new OwnKeys({
      ring: this.ring,
      sealer,
      clock: { monotonicMs: () => time.nowMs, wallMs: () => this.wallMs() },
      timers: time,
      random: () => 0,
      observer: {
        ownKeysChanged: (added, dropped) => this.events.push(`+${added.length} -${dropped.length}`),
        ownKeySigns: (kid) => this.events.push(`signs ${kid}`),
        ownKeysFailed: (error) => this.events.push(`failed: ${describeError(error)}`),
        ownKeysRecovered: () => this.events.push('recovered'),
      },
      keysEnded: () => (this.ends += 1),
    });
  }

  readonly ring = {
    reconcile: async (known: Parameters<ReturnType<KeyRingFixture['ring']>['reconcile']>[0]) => {
      this.readAtMs.push(this.time.nowMs - START_MS);
      if (this.broken !== undefined) throw this.broken;
      this.ringing.nowSeconds = Math.floor(this.wallMs() / 1000);
      // HS256, because new keys must be made at once: the clock is simulated.
      return this.ringing.ring(own('HS256')).reconcile(known);
    },
  };

  async start(): Promise<this> {
    this.keys.replaceKeys(await this.ringing.ring().reconcile());
    this.keys.reconfigure(LIMIT_MS, this.ring);
    await this.time.advance(0);
    this.events.length = 0;
    return this;
  }

  /** Resolves to the result of a call that completes within the time of a decision. */
  async soon<Value>(call: Value | Promise<Value>): Promise<Value> {
    const called = Promise.resolve(call);
    // The caller handles a rejection below; until then it must not count as unhandled.
    called.catch(() => undefined);
    await this.time.advance(100);
    return called;
  }

  private wallMs(): number {
    return NOW * 1000 + this.time.nowMs - START_MS;
  }
}

async function start(sealer = SEALER) {
  const [ringing, time] = [new KeyRingFixture(), new SimulatedTime()];
  const instance = await new Instance(ringing, time, sealer).start();
  return { ringing, time, instance, keys: instance.keys };
}

describe('OwnKeys', () => {
  it('signs and verifies with the key in the store', async () => {
    const { keys, ringing } = await start();
    const { kid, verification } = await keys.current();
    expect(await ringing.kids()).toEqual([kid]);
    expect(await keys.find('EdDSA', kid)).toEqual([verification]);
    expect(await keys.find('Ed25519', kid)).toEqual([verification]);
    expect(await keys.find('EdDSA', undefined)).toEqual([verification]);
  });

  it.each(['HS256', 'ES256', 'RS256'])('verifies nothing for %s with a key for EdDSA', async (algorithm) => {
    const { keys, instance } = await start();
    const { kid } = await keys.current();
    expect(await instance.soon(keys.find(algorithm, kid))).toEqual([]);
  });

  it('verifies nothing for RS256 with a key for PS256, although both are RSA keys', async () => {
    const { ringing, keys, instance } = await start();
    await ringing.ring(own('PS256')).rotate();
    expect(await instance.soon(keys.find('RS256', undefined))).toEqual([]);
    expect(await keys.find('PS256', undefined)).toHaveLength(1);
  });

  it('reads the keys again within the limit, and switches to a new key in time', async () => {
    const { ringing, keys, time, instance } = await start();
    const { kid: first } = await keys.current();
    const { key } = await ringing.ring().rotate();
    await time.advance(LIMIT_MS);
    expect(instance.events).toEqual(['+1 -0']);
    expect(await keys.find('EdDSA', key.kid)).toHaveLength(1);
    expect((await instance.soon(keys.current())).kid).toBe(first);
    await time.advance(600_000);
    expect((await instance.soon(keys.current())).kid).toBe(key.kid);
    expect(instance.events).toContain(`signs ${key.kid}`);
    expect(await keys.find('EdDSA', first)).toHaveLength(1);
  });

  it('finds a new key of another instance at once', async () => {
    const { ringing, keys, instance } = await start();
    const { key } = await ringing.ring().rotate();
    expect(await instance.soon(keys.find('EdDSA', key.kid))).toMatchObject([{ kid: key.kid }]);
  });

  it('shares one read among all lookups of an unknown key, and reads again after 50 ms at the earliest', async () => {
    const { keys, time, instance } = await start();
    instance.readAtMs.length = 0;
    await time.advance(1_000);
    const findings = Promise.all(Array.from({ length: 100 }, async () => await keys.find('EdDSA', 'unknown')));
    await time.advance(0);
    // A lookup during or right after a read waits for a read that begins after the lookup.
    const later = Promise.all(Array.from({ length: 100 }, async () => await keys.find('EdDSA', 'unknown')));
    await time.advance(49);
    expect(instance.readAtMs).toEqual([1_000]);
    await time.advance(1);
    expect(instance.readAtMs).toEqual([1_000, 1_050]);
    expect([...(await findings), ...(await later)].flat()).toEqual([]);
  });

  it('leaves an unknown key undecided while the store cannot be read, and still verifies with known ones', async () => {
    const { keys, time, instance } = await start();
    const { kid } = await keys.current();
    instance.broken = new Error('no route');
    await time.advance(LIMIT_MS);
    expect(await instance.soon(keys.find('EdDSA', 'unknown'))).toBeUndefined();
    expect(await keys.find('EdDSA', kid)).toHaveLength(1);
    expect(keys.state).toEqual({ kid, sinceSeconds: NOW, failing: true });
    expect(instance.events).toContain('failed: no route');
    instance.broken = undefined;
    await time.advance(LIMIT_MS);
    expect(instance.events.at(-1)).toBe('recovered');
    expect(keys.state).toMatchObject({ failing: false });
    expect(await instance.soon(keys.find('EdDSA', 'unknown'))).toEqual([]);
  });

  it('signs nothing while the store cannot be read, and publishes the known keys', async () => {
    const { keys, time, instance } = await start();
    const published = await keys.published();
    instance.broken = new Error('no route');
    await time.advance(1_001);
    await expect(instance.soon(keys.current())).rejects.toThrow('no route');
    expect(await instance.soon(keys.published())).toEqual(published);
  });

  it('stops signing with a revoked key within a second, and ends its cached verifications', async () => {
    const { ringing, keys, time, instance } = await start();
    const { kid, verification } = await keys.current();
    await ringing.revoke(kid);
    await time.advance(1_001);
    const { kid: next } = await instance.soon(keys.current());
    expect(next).not.toBe(kid);
    expect([verification.inForce.inForce, instance.ends]).toEqual([false, 1]);
    expect((await keys.published()).map((key) => key.kid)).toEqual([next]);
  });

  it('keeps the known keys, and reports a key that is sealed with another secret', async () => {
    const { ringing, keys, time, instance } = await start();
    const { kid } = await keys.current();
    const { revision, keys: existing } = await ringing.store.signingKeys.read('sallyport');
    const foreign = resealSigningKey(
      await makeKey('EdDSA', { signsFromSeconds: NOW + 600 }),
      SEALER,
      new Sealer(Buffer.alloc(32, 'x')),
    );
    await ringing.store.signingKeys.replace('sallyport', revision, [...existing, foreign]);
    await time.advance(LIMIT_MS);
    expect(instance.events).toEqual([expect.stringContaining('is not the one they were sealed with')]);
    expect(await keys.find('EdDSA', kid)).toHaveLength(1);
  });

  it('restores keys that the store has lost', async () => {
    const { ringing, keys, time } = await start();
    const { kid } = await keys.current();
    const { revision } = await ringing.store.signingKeys.read('sallyport');
    await ringing.store.signingKeys.replace('sallyport', revision, []);
    await time.advance(LIMIT_MS);
    expect(await ringing.kids()).toEqual([kid]);
  });

  it('reads the keys periodically, until it is closed', async () => {
    const { time, instance } = await start();
    instance.readAtMs.length = 0;
    await time.advance(2 * LIMIT_MS);
    expect(instance.readAtMs).toEqual([LIMIT_MS, 2 * LIMIT_MS]);
    instance.keys.close();
    await time.advance(10 * LIMIT_MS);
    expect(instance.readAtMs).toHaveLength(2);
    expect(time.pending).toBe(0);
  });

  it('schedules one read if it is reconfigured while a read is running', async () => {
    const { time, instance } = await start();
    for (const limitMs of [10_000, 20_000]) instance.keys.reconfigure(limitMs, instance.ring);
    instance.readAtMs.length = 0;
    await time.advance(100);
    expect(time.pending).toBe(1);
    await time.advance(20_000);
    expect(instance.readAtMs.length).toBeLessThanOrEqual(2);
  });

  it('replaceKeys() accepts all keys or none', async () => {
    const { keys } = await start();
    const { kid } = await keys.current();
    const good = await makeKey();
    const broken = { ...(await makeKey()), sealed: 'v1.AAAA' };
    expect(() => keys.replaceKeys([good, broken])).toThrow('has an unknown format');
    expect((await keys.published()).map((key) => key.kid)).toEqual([kid]);
  });
});
