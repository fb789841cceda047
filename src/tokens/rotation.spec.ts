import { describe, expect, it } from 'vitest';
import { SOMEONE } from '../../test/support/audit.ts';
import { authorityOf, DAY, in30Days, LOGIN, NOW, openPrivateTokens } from '../../test/support/private-tokens.ts';
import { readValues } from '../../test/support/store/revocations.ts';
import { unread } from '../core/standing.ts';

describe('TokenRotation', () => {
  it('rotate() ends the old token at once and issues a new one with the same name and scopes', async () => {
    const { create, rotation, views } = await openPrivateTokens();
    const old = await create(90);
    const heir = await rotation.rotate(SOMEONE, old.id, LOGIN, in30Days);
    if (heir.outcome !== 'issued') throw new Error('not rotated');
    expect(await views.find('ada', old.id)).toMatchObject({
      status: 'revoked',
      successor: heir.id,
      ending: { atSeconds: NOW, by: 'ada', reason: `rotated to ${heir.id}` },
    });
    expect(await views.find('ada', heir.id)).toMatchObject({
      status: 'active',
      use: 'private',
      name: 'server',
      scopes: ['messages:list'],
      expiresAtSeconds: NOW + 30 * DAY,
    });
  });

  it('rotate() with an overlap keeps the old token valid for that time', async () => {
    const { create, rotation, views, store, time } = await openPrivateTokens();
    const old = await create(90);
    await rotation.rotate(SOMEONE, old.id, LOGIN, { ...in30Days, overlapSeconds: 600 });
    expect(await readValues(store, [`sallyport:revoked:own:${old.id}`])).toEqual([`after:${NOW + 600}`]);
    expect(await views.find('ada', old.id)).toMatchObject({ status: 'active', ending: { atSeconds: NOW + 600 } });
    time.nowSeconds += 600;
    expect(await views.find('ada', old.id)).toMatchObject({ status: 'revoked' });
  });

  it('rotate() issues one successor for 200 concurrent requests, and 199 get a conflict', async () => {
    const { create, rotation, store } = await openPrivateTokens();
    const old = await create(90);
    const rotations = Array.from({ length: 200 }, () => rotation.rotate(SOMEONE, old.id, LOGIN, in30Days));
    const outcomes = (await Promise.all(rotations)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'issued')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(199);
    expect((await store.tokens.list('ada', 500))?.tokens).toHaveLength(2);
  });

  it('rotate() lets a private token rotate only itself, within its own lifetime', async () => {
    const { create, rotation } = await openPrivateTokens();
    const [one, other] = [await create(90), await create(90)];
    const self = { authority: authorityOf('ada'), use: 'private', tokenId: one.id, managesTokens: false } as const;
    expect(await rotation.rotate(SOMEONE, other.id, self, in30Days)).toEqual({ outcome: 'not_allowed' });
    expect(
      await rotation.rotate(SOMEONE, one.id, self, { ...in30Days, expiresAtSeconds: NOW + 90 * DAY + 1 }),
    ).toMatchObject({
      outcome: 'refused',
      errors: [{ field: 'expires_at' }],
    });
    expect(
      await rotation.rotate(SOMEONE, one.id, self, { ...in30Days, expiresAtSeconds: NOW + 90 * DAY }),
    ).toMatchObject({
      outcome: 'issued',
    });
  });

  it('rotate() does not change the old token if nothing can be signed', async () => {
    const { create, rotation, views, store, signer } = await openPrivateTokens();
    const old = await create(90);
    const { sign } = signer;
    signer.sign = () => Promise.reject(new Error('the signing keys cannot be read'));
    const self = { authority: authorityOf('ada'), use: 'private', tokenId: old.id, managesTokens: false } as const;
    await expect(rotation.rotate(SOMEONE, old.id, self, in30Days)).rejects.toThrow('the signing keys cannot be read');
    expect(await views.find('ada', old.id)).toMatchObject({
      status: 'active',
      successor: undefined,
      ending: undefined,
    });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(1);
    signer.sign = sign;
    expect(await rotation.rotate(SOMEONE, old.id, self, in30Days)).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() finishes a rotation that broke off before the old token ended', async () => {
    const { rotation, views, store, time, breakOff } = await openPrivateTokens();
    const { old, successor: heir } = await breakOff();
    expect(await views.find('ada', old)).toMatchObject({ status: 'active', successor: heir, ending: undefined });
    expect(await rotation.rotate(SOMEONE, old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was already rotated to ${heir}; if that failed, try again in 15 s`,
    });
    time.nowSeconds += 15;
    const rotations = Array.from({ length: 20 }, () =>
      rotation.rotate(SOMEONE, old, LOGIN, { ...in30Days, overlapSeconds: 600 }),
    );
    const outcomes = await Promise.all(rotations);
    const [issued, ...others] = outcomes.filter((outcome) => outcome.outcome === 'issued');
    expect([issued, others]).toMatchObject([{ name: 'server', expiresAtSeconds: NOW + 30 * DAY }, []]);
    const reason = `rotated to ${issued?.id}`;
    const ending = { atSeconds: NOW + 615, by: 'ada', reason };
    expect(await views.find('ada', old)).toMatchObject({ successor: issued?.id, ending });
    expect(await views.find('ada', heir)).toMatchObject({ status: 'revoked', ending: { atSeconds: NOW + 15, reason } });
    expect(await views.find('ada', issued?.id ?? '')).toMatchObject({ status: 'active', ending: undefined });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(3);
    expect(await rotation.rotate(SOMEONE, old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was already rotated to ${issued?.id}`,
    });
  });

  type Parts = Awaited<ReturnType<typeof openPrivateTokens>>;

  it.each<[why: string, (parts: Parts, heir: string) => unknown]>([
    ['was used', ({ store }, heir) => store.tokens.markUsed(new Map([[heir, NOW + 1]]))],
    ['was revoked', ({ revoking }, heir) => revoking.revoke(heir, { account: 'ada', client: '10.0.0.1' })],
    [
      'was rotated',
      ({ rotation }, heir) => rotation.rotate(SOMEONE, heir, LOGIN, { ...in30Days, overlapSeconds: DAY }),
    ],
  ])('rotate() does not replace the successor of a rotation that broke off if it %s', async (_why, happen) => {
    const parts = await openPrivateTokens();
    const { old, successor: heir } = await parts.breakOff();
    parts.time.nowSeconds += 15;
    await happen(parts, heir);
    expect(await parts.rotation.rotate(SOMEONE, old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was already rotated to ${heir}`,
    });
  });

  it('rotate() that took too long shows no token: another request may have finished the rotation', async () => {
    const { create, rotation, store, time } = await openPrivateTokens();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    let finished: unknown;
    store.tokens.rotate = async (old, heir, version) => {
      store.tokens.rotate = rotate;
      const rotated = await store.tokens.rotate(old, heir, version);
      time.nowSeconds += 15;
      finished = await rotation.rotate(SOMEONE, id, LOGIN, in30Days);
      return rotated;
    };
    await expect(rotation.rotate(SOMEONE, id, LOGIN, in30Days)).rejects.toThrow('took too long');
    expect(finished).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() lets the store decide whether to replace a successor that was named but never recorded', async () => {
    const { create, rotation, store } = await openPrivateTokens();
    const { id } = await create(90);
    const rotated: string[] = [];
    const { find, rotate } = store.tokens;
    store.tokens.find = async (tokenId) => {
      const token = await find.call(store.tokens, tokenId);
      return token && { ...token, successor: tokenId === id ? 'unrecorded' : undefined };
    };
    store.tokens.rotate = async (old, heir, version) =>
      rotated.push(old) > 1 ? await rotate.call(store.tokens, old, heir, version) : { outcome: 'superseded' };
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: 'the token was already rotated',
    });
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toMatchObject({ outcome: 'issued' });
    expect(rotated).toEqual([id, id]);
  });

  it('rotate() ends the successor if the old token is revoked while the successor is written', async () => {
    const { create, rotation, revoking, store, views } = await openPrivateTokens();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    let heir = '';
    store.tokens.rotate = async (old, successor, version, terms) => {
      heir = successor.id;
      const rotated = await rotate.call(store.tokens, old, successor, version, terms);
      await revoking.revoke(id, { account: 'ada', client: '10.0.0.1' }, 'stolen');
      return rotated;
    };
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: 'the token is revoked',
    });
    expect(await views.find('ada', heir)).toMatchObject({ status: 'revoked' });
    expect(await readValues(store, [`sallyport:revoked:own:${heir}`])).not.toEqual([undefined]);
    expect(await views.find('ada', id)).toMatchObject({ status: 'revoked', ending: { reason: 'stolen' } });
  });

  it('rotate() shows no token if the token of the caller was revoked meanwhile, and can be repeated', async () => {
    const { create, rotation, store, time, views } = await openPrivateTokens();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    const entry = { key: 'sallyport:revoked:own:login-1', value: '', expiresAtSeconds: undefined };
    store.tokens.rotate = async (old, successor, version, terms) => {
      store.tokens.rotate = rotate;
      const rotated = await rotate.call(store.tokens, old, successor, version, terms);
      await store.revocations.write(entry);
      return rotated;
    };
    const token = { issuedAtSeconds: NOW, standings: [unread(entry.key)] };
    const rotator = { ...LOGIN, authority: { ...authorityOf('ada'), token } };
    expect(await rotation.rotate(SOMEONE, id, rotator, in30Days)).toEqual({ outcome: 'no_authority' });
    expect(await views.find('ada', id)).toMatchObject({ status: 'active', ending: undefined });
    time.nowSeconds += 15;
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() writes nothing if the account has another version', async () => {
    const { create, rotation, store, views } = await openPrivateTokens();
    const { id } = await create(90);
    await store.accounts.update('ada', { email: 'ada@example.com' }, { mark: 'sallyport:other' });
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toEqual({ outcome: 'no_authority' });
    expect(await views.find('ada', id)).toMatchObject({ status: 'active', successor: undefined });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(1);
  });

  it("rotate() does not find another account's token or an unknown one", async () => {
    const { create, rotation } = await openPrivateTokens();
    const { id } = await create(90);
    const bob = { ...LOGIN, authority: authorityOf('bob'), managesTokens: true };
    expect(await rotation.rotate(SOMEONE, id, bob, in30Days)).toEqual({ outcome: 'not_found' });
    expect(await rotation.rotate(SOMEONE, 'unknown', LOGIN, in30Days)).toEqual({ outcome: 'not_found' });
  });

  it('rotate() refuses a token that was revoked, has expired or is not private', async () => {
    const { create, rotation, revoking, store, time } = await openPrivateTokens();
    const [revoked, marked, expired] = [await create(90), await create(90), await create(1)];
    await revoking.revoke(revoked.id, { account: 'ada', client: '10.0.0.1' }, 'lost');
    const conflict = (message: string) => ({ outcome: 'conflict', message });
    expect(await rotation.rotate(SOMEONE, revoked.id, LOGIN, in30Days)).toEqual(conflict('the token is revoked'));
    time.nowSeconds += DAY;
    expect(await rotation.rotate(SOMEONE, expired.id, LOGIN, in30Days)).toEqual(conflict('the token is expired'));
    await store.revocations.write({ key: 'sallyport:notbefore:own:ada', value: `${NOW}`, expiresAtSeconds: undefined });
    expect(await rotation.rotate(SOMEONE, marked.id, LOGIN, in30Days)).toEqual(conflict('the token is revoked'));
    const access = { id: 'a', accountId: 'ada', use: 'access', scopes: ['messages:list'] } as const;
    await store.tokens.add({ ...access, createdAtSeconds: NOW + 1, expiresAtSeconds: NOW + 90 * DAY }, 0);
    expect(await rotation.rotate(SOMEONE, 'a', LOGIN, in30Days)).toEqual(
      conflict('only a private token can be rotated'),
    );
  });

  it('rotate() refuses scopes that the account no longer has', async () => {
    const { create, rotation, store } = await openPrivateTokens();
    const { id } = await create(90);
    await store.accounts.remove('ada', { key: 'sallyport:other', value: '', expiresAtSeconds: undefined });
    await store.accounts.add({
      id: 'ada',
      name: 'ada',
      passwordHash: '',
      scopes: ['messages:send'],
      disabled: false,
      createdAtSeconds: 1,
      version: 0,
    });
    expect(await rotation.rotate(SOMEONE, id, LOGIN, in30Days)).toMatchObject({
      outcome: 'refused',
      errors: [{ field: 'scopes[0]', message: 'the account does not have messages:list' }],
    });
  });

  it('rotate() shows the existing successor to a repeated request and writes nothing', async () => {
    const { create, rotation, views, time } = await openPrivateTokens();
    const old = await create(90);
    const overlapping = { ...in30Days, overlapSeconds: 3600 };
    const heir = await rotation.rotate(SOMEONE, old.id, LOGIN, overlapping, { id: 'heir-1' });
    const shown = await views.find('ada', old.id);
    time.nowSeconds += 60;
    expect(await rotation.rotate(SOMEONE, old.id, LOGIN, overlapping, { id: 'heir-1' })).toEqual({
      ...heir,
      isRepeated: true,
    });
    expect(await views.find('ada', old.id)).toEqual(shown);
    expect(await rotation.rotate(SOMEONE, old.id, LOGIN, overlapping, { id: 'heir-2' })).toMatchObject({
      outcome: 'conflict',
    });
  });

  it('rotate() lets a repeated request finish a rotation that broke off, with the same successor', async () => {
    const { create, rotation, store, views } = await openPrivateTokens();
    const { id: old } = await create(90);
    const { write } = store.revocations;
    store.revocations.write = () => Promise.reject(new Error('the store is gone'));
    await expect(rotation.rotate(SOMEONE, old, LOGIN, in30Days, { id: 'heir-1' })).rejects.toThrow('the store is gone');
    store.revocations.write = write;
    expect(await rotation.rotate(SOMEONE, old, LOGIN, in30Days, { id: 'heir-1' })).toMatchObject({
      outcome: 'issued',
      id: 'heir-1',
    });
    expect(await views.find('ada', old)).toMatchObject({ status: 'revoked', successor: 'heir-1' });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(2);
  });

  it('rotate() issues a successor that was named but never recorded', async () => {
    const { create, rotation, store, views } = await openPrivateTokens();
    const { id: old } = await create(90);
    const { add } = store.tokens;
    store.tokens.add = () => Promise.reject(new Error('the store is gone'));
    await expect(rotation.rotate(SOMEONE, old, LOGIN, in30Days, { id: 'heir-1' })).rejects.toThrow('the store is gone');
    store.tokens.add = add;
    expect(await views.find('ada', old)).toMatchObject({ successor: 'heir-1', status: 'active' });
    expect(await rotation.rotate(SOMEONE, old, LOGIN, in30Days, { id: 'heir-1' })).toMatchObject({
      outcome: 'issued',
      id: 'heir-1',
    });
    expect(await views.find('ada', 'heir-1')).toMatchObject({ status: 'active' });
    expect(await views.find('ada', old)).toMatchObject({ successor: 'heir-1', status: 'revoked' });
  });
});
