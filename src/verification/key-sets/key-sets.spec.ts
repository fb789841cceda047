import { describe, expect, it } from 'vitest';
import { corporate, discovered, own } from '../../../test/support/jwt/issuers.ts';
import { jwkOf, rsa } from '../../../test/support/jwt/keys.ts';
import { Publisher, setOf } from '../../../test/support/jwt/publisher.ts';
import type { KeyServerAccess } from '../../config/issuer-config.ts';
import { Secret } from '../../config/secret.ts';
import { KeySets } from './key-sets.ts';

const A = jwkOf(rsa, { kid: 'a' });

function keySetsOf(publisher: Publisher): KeySets {
  const { time: clock, fetchDocument, observer } = publisher;
  return new KeySets({ clock, timers: clock, fetchDocument, observer, random: () => 0 });
}

describe('KeySets', () => {
  it('fetches the keys of an issuer once reconfigure() is called with it', async () => {
    const publisher = new Publisher(A);
    const keySets = keySetsOf(publisher);
    const set = keySets.at(corporate());
    await publisher.time.advance(0);
    expect(await set.find('RS256', 'a')).toBeUndefined();
    expect([publisher.asked, [...keySets.statuses()], publisher.time.pending]).toEqual([[], [], 0]);
    keySets.reconfigure([corporate()]);
    await publisher.time.advance(0);
    expect(publisher.asked).toHaveLength(1);
    expect((await set.find('RS256', 'a'))?.length).toBe(1);
    keySets.close();
  });

  it('keeps the keys of an issuer that the next configuration still names, with the new limit', async () => {
    const publisher = new Publisher(A);
    const keySets = keySetsOf(publisher);
    keySets.reconfigure([corporate()]);
    await publisher.time.advance(0);
    publisher.fail();
    const next = corporate({ algorithms: ['RS256'], maxStaleMs: 600_000 });
    const set = keySets.at(next);
    keySets.reconfigure([own(), next]);
    expect((await set.find('RS256', 'a'))?.length).toBe(1);
    expect(publisher.asked).toHaveLength(1);
    await publisher.time.advance(600_000);
    expect(await set.find('RS256', 'a')).toBeUndefined();
  });

  it('leaves a removed issuer its keys for decisions that are still running', async () => {
    const publisher = new Publisher(A);
    const keySets = keySetsOf(publisher);
    keySets.reconfigure([corporate()]);
    await publisher.time.advance(0);
    const set = keySets.at(corporate());
    keySets.reconfigure([]);
    expect((await set.find('RS256', 'a'))?.length).toBe(1);
    expect(publisher.time.pending).toBe(0);
  });

  it.each([
    ['another URL', corporate({ jwks: new URL('https://login.example.com/other.json') })],
    ['another name', corporate({ name: 'renamed' })],
    ['discovery', discovered()],
    ['metadata at a URL', discovered({ metadata: new URL('https://login.example.com/metadata') })],
  ])('replaces the key set of an issuer with %s, and stops the former one', async (_, next) => {
    const publisher = new Publisher(A);
    const keySets = keySetsOf(publisher);
    keySets.reconfigure([corporate()]);
    await publisher.time.advance(0);
    const former = keySets.at(corporate());
    publisher.asked.length = 0;
    keySets.reconfigure([next]);
    await publisher.time.advance(0);
    expect(publisher.asked).not.toEqual([]);
    expect([...keySets.statuses()].map(({ issuer }) => issuer)).toEqual([next.name]);
    publisher.asked.length = 0;
    await former.find('RS256', 'unknown');
    expect(publisher.asked.filter(({ url }) => url === corporate().jwks.href)).toEqual([]);
    keySets.close();
    expect(publisher.time.pending).toBe(0);
  });

  describe('when the access to a server changes', () => {
    const access = { headers: {}, tokenFile: '/token', ca: '/ca.crt', hosts: ['login.example.com'] };
    const secret = (text: string) => ({ 'x-key': new Secret(Buffer.from(text)) });
    const changes: [string, KeyServerAccess | undefined][] = [
      ['the token file', { ...access, tokenFile: '/other' }],
      ['the CA', { ...access, ca: undefined }],
      ['the hosts', { ...access, hosts: [] }],
      ['a header', { ...access, headers: secret('b') }],
      ['everything', undefined],
    ];

    it.each(changes)('(%s) it keeps the keys and fetches them at once with the new access', async (_, next) => {
      const publisher = new Publisher(A);
      const keySets = keySetsOf(publisher);
      const before = corporate({ access: { ...access, headers: secret('a') } });
      keySets.reconfigure([before]);
      await publisher.time.advance(0);
      publisher.fail();
      keySets.reconfigure([corporate({ access: { ...access, headers: secret('a') } })]);
      await publisher.time.advance(0);
      expect(publisher.asked).toHaveLength(1);
      keySets.reconfigure([corporate({ access: next })]);
      await publisher.time.advance(0);
      expect(publisher.asked.map((request) => request.access)).toEqual([before.access, next]);
      expect((await keySets.at(corporate()).find('RS256', 'a'))?.length).toBe(1);
      keySets.close();
    });

    it('a failure with the former access does not delay it', async () => {
      const publisher = new Publisher(A);
      publisher.swallow();
      const keySets = keySetsOf(publisher);
      keySets.reconfigure([corporate({ access })]);
      await publisher.time.advance(1_000);
      keySets.reconfigure([corporate()]);
      publisher.publish(A);
      await publisher.time.advance(4_000);
      expect(publisher.asked.map(({ atMs }) => atMs - (publisher.asked[0]?.atMs ?? 0))).toEqual([0, 5_000]);
      expect((await keySets.at(corporate()).find('RS256', 'a'))?.length).toBe(1);
      keySets.close();
      expect(publisher.time.pending).toBe(0);
    });

    it('nothing is fetched once the issuer is gone', async () => {
      const publisher = new Publisher(A);
      publisher.swallow();
      const keySets = keySetsOf(publisher);
      keySets.reconfigure([corporate({ access })]);
      keySets.reconfigure([corporate()]);
      keySets.close();
      await publisher.time.advance(60_000);
      expect(publisher.asked).toHaveLength(1);
    });
  });

  it('does not make one issuer wait for another', async () => {
    const publisher = new Publisher();
    publisher.answer = ({ host }) =>
      host === 'hole.example' ? new Promise(() => undefined) : Promise.resolve(setOf(A));
    const keySets = keySetsOf(publisher);
    const hole = corporate({ name: 'hole', jwks: new URL('https://hole.example/jwks') });
    keySets.reconfigure([hole, corporate()]);
    const waiting = keySets.at(hole).find('RS256', 'a');
    expect((await keySets.at(corporate()).find('RS256', 'a'))?.length).toBe(1);
    expect(await Promise.race([waiting, publisher.time.advance(0).then(() => 'waits')])).toBe('waits');
    keySets.close();
  });

  it('yields the age and the failures of each key set', async () => {
    const publisher = new Publisher();
    publisher.answer = ({ host }) =>
      host === 'down.example' ? Promise.reject(new Error('down')) : Promise.resolve(setOf(A));
    const keySets = keySetsOf(publisher);
    keySets.reconfigure([corporate(), corporate({ name: 'down', jwks: new URL('https://down.example/jwks') })]);
    await publisher.time.advance(2_500);
    expect([...keySets.statuses()]).toEqual([
      { issuer: 'corporate', ageSeconds: 2.5, maxAgeSeconds: 86_400, failures: 0, exposesKeys: false },
      { issuer: 'down', ageSeconds: undefined, maxAgeSeconds: 86_400, failures: 2, exposesKeys: false },
    ]);
    keySets.close();
    expect([...keySets.statuses()]).toEqual([]);
  });
});
