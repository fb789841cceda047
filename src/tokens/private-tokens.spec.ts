import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { unread } from '../core/standing.ts';
import { OwnTokenRevocation } from '../revocation/own-token-revocation.ts';
import { RevocationWriter } from '../revocation/revocation-writer.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { PrivateTokens } from './private-tokens.ts';
import { ScopeRules } from './scope-rules.ts';
import { TokenMint } from './token-mint.ts';
import { TokenViews } from './token-views.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const time = { nowSeconds: NOW };
const catalogue = new Map([
  ['messages:send', { description: undefined, maxTtlSeconds: 30 * DAY }],
  ['messages:list', { description: undefined, maxTtlSeconds: undefined }],
]);

async function setUp() {
  time.nowSeconds = NOW;
  const clock = { wallMs: () => time.nowSeconds * 1000 + 400 };
  const store = openMemoryStore(clock.wallMs);
  const { accounts, tokens, revocations } = store;
  const ada = {
    id: 'ada',
    name: 'ada',
    passwordHash: 'x',
    scopes: ['messages:send', 'messages:list'],
    disabled: false,
    createdAtSeconds: 1,
    version: 0,
  };
  await accounts.add(ada);
  await accounts.add({ ...ada, id: 'bob', name: 'bob' });
  const signer = { sign: async (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s` };
  const behind: number[] = [];
  const mint = new TokenMint({
    issuer: 'own',
    tokens,
    revocations,
    clockSkewMs: 30_000,
    signer,
    clock,
    events: { clockBehindMark: (_account, seconds) => void behind.push(seconds) },
  });
  const views = new TokenViews({ issuer: 'own', tokens, revocations, clock });
  const events = { revoked: () => {} };
  const common = { tokens, revocations, clock, clockSkewMs: 30_000 };
  const revoke = new RevocationWriter({ ...common, accounts, ownIssuer: 'own', events });
  const revoking = new OwnTokenRevocation({
    ...common,
    issuer: 'own',
    longestTokenSeconds: 0,
    revoke,
    signingKeys: store.signingKeys,
    unrecorded: { take: () => 0 },
    foreignTokenLeft: () => {},
  });
  const ttl = { privateMaxSeconds: 365 * DAY };
  const rules = new ScopeRules(catalogue);
  const making = new PrivateTokens({ ttl, rules, accounts, tokens, views, mint, revokeToken: revoking });
  const create = async (days: number, scopes = ['messages:list']) => {
    const made = await making.create(authorityOf('ada'), {
      name: 'server',
      scopes,
      expiresAtSeconds: NOW + days * DAY,
    });
    if (made.outcome !== 'issued') throw new Error(JSON.stringify(made));
    return made;
  };
  /** Leaves a rotation between its two writes, as the death of a process would. */
  const breakOff = async () => {
    const { id: old } = await create(90);
    const { write } = revocations;
    revocations.write = () => Promise.reject(new Error('the store is gone'));
    await expect(making.rotate(old, LOGIN, in30Days)).rejects.toThrow('the store is gone');
    revocations.write = write;
    return { old, heir: (await tokens.find(old))?.successor ?? '' };
  };
  return { time, store, making, revoking, views, create, signer, breakOff, mint, behind };
}

/** By a password, at the time of its use. */
function authorityOf(accountId: string) {
  return {
    accountId,
    accountVersion: 0,
    token: undefined,
    get atSeconds(): number {
      return time.nowSeconds;
    },
  };
}

const LOGIN = { authority: authorityOf('ada'), use: 'login', tokenId: 'login-1', managesTokens: false } as const;
const in30Days = { expiresAtSeconds: NOW + 30 * DAY, overlapSeconds: 0 };

describe('PrivateTokens', () => {
  it('create() makes a token of the kind, name, scopes and end that were asked for', async () => {
    const { create, views } = await setUp();
    const made = await create(90, ['messages:list', 'messages:list']);
    expect(await views.find('ada', made.id)).toMatchObject({
      accountId: 'ada',
      use: 'private',
      name: 'server',
      scopes: ['messages:list'],
      createdAtSeconds: NOW,
      expiresAtSeconds: NOW + 90 * DAY,
      status: 'active',
      ending: undefined,
    });
    expect(decodeJwt(made.accessToken)).toMatchObject({ use: 'private', tokenId: made.id, subject: 'ada' });
  });

  it.each([
    ['now', NOW, ['messages:list'], 'expires_at', 'is not in the future'],
    [
      'a year and a second',
      NOW + 365 * DAY + 1,
      ['messages:list'],
      'expires_at',
      /^is later than 2028-01-15\S+, the latest possible$/,
    ],
    [
      'more than its scope allows',
      NOW + 30 * DAY + 1,
      ['messages:send'],
      'expires_at',
      /^is later than 2027-02-14\S+, the latest possible for messages:send$/,
    ],
    ['a scope that it lacks', NOW + DAY, ['tokens:manage'], 'scopes[0]', 'the account does not have tokens:manage'],
    ['a slip', NOW + DAY, ['message:list'], 'scopes[0]', /did you mean "messages:list"/],
  ])('create() refuses %s', async (_what, expiresAtSeconds, scopes, field, message) => {
    const { making, store } = await setUp();
    const refused = await making.create(authorityOf('ada'), { name: 'x', scopes, expiresAtSeconds });
    expect(refused).toEqual({ outcome: 'refused', errors: [{ field, message: expect.stringMatching(message) }] });
    expect((await store.tokens.list('ada', 10))?.tokens).toEqual([]);
  });

  it('create() makes nothing for an account that is gone', async () => {
    const { making } = await setUp();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    expect(await making.create(authorityOf('eve'), request)).toEqual({ outcome: 'no_authority' });
  });

  it('rotate() ends the old token at once, and makes one of the same name and scopes', async () => {
    const { create, making, views } = await setUp();
    const old = await create(90);
    const heir = await making.rotate(old.id, LOGIN, in30Days);
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

  it('rotate() with an overlap leaves the old token for so long', async () => {
    const { create, making, views, store, time } = await setUp();
    const old = await create(90);
    await making.rotate(old.id, LOGIN, { ...in30Days, overlapSeconds: 600 });
    expect(await store.revocations.read([`sallyport:revoked:own:${old.id}`])).toEqual([`after:${NOW + 600}`]);
    expect(await views.find('ada', old.id)).toMatchObject({ status: 'active', ending: { atSeconds: NOW + 600 } });
    time.nowSeconds += 600;
    expect(await views.find('ada', old.id)).toMatchObject({ status: 'revoked' });
  });

  it('rotate() of one token by two hundred at once makes one successor, and 199 conflicts', async () => {
    const { create, making, store } = await setUp();
    const old = await create(90);
    const asked = Array.from({ length: 200 }, () => making.rotate(old.id, LOGIN, in30Days));
    const outcomes = (await Promise.all(asked)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'issued')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(199);
    expect((await store.tokens.list('ada', 500))?.tokens).toHaveLength(2);
  });

  it('rotate() lets a private token rotate itself, within its own life, and no other', async () => {
    const { create, making } = await setUp();
    const [one, other] = [await create(90), await create(90)];
    const self = { authority: authorityOf('ada'), use: 'private', tokenId: one.id, managesTokens: false } as const;
    expect(await making.rotate(other.id, self, in30Days)).toEqual({ outcome: 'not_allowed' });
    expect(await making.rotate(one.id, self, { ...in30Days, expiresAtSeconds: NOW + 90 * DAY + 1 })).toMatchObject({
      outcome: 'refused',
      errors: [{ field: 'expires_at' }],
    });
    expect(await making.rotate(one.id, self, { ...in30Days, expiresAtSeconds: NOW + 90 * DAY })).toMatchObject({
      outcome: 'issued',
    });
  });

  it('rotate() leaves the old token as it is where nothing can be signed', async () => {
    const { create, making, views, store, signer } = await setUp();
    const old = await create(90);
    const { sign } = signer;
    signer.sign = () => Promise.reject(new Error('the signing keys cannot be read'));
    const self = { authority: authorityOf('ada'), use: 'private', tokenId: old.id, managesTokens: false } as const;
    await expect(making.rotate(old.id, self, in30Days)).rejects.toThrow('the signing keys cannot be read');
    expect(await views.find('ada', old.id)).toMatchObject({
      status: 'active',
      successor: undefined,
      ending: undefined,
    });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(1);
    signer.sign = sign;
    expect(await making.rotate(old.id, self, in30Days)).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() that broke off before the old token ended is finished by whoever asks again', async () => {
    const { making, views, store, time, breakOff } = await setUp();
    const { old, heir } = await breakOff();
    expect(await views.find('ada', old)).toMatchObject({ status: 'active', successor: heir, ending: undefined });
    expect(await making.rotate(old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was rotated already, to ${heir}; where that failed, ask again in 15 s`,
    });
    time.nowSeconds += 15;
    const asked = Array.from({ length: 20 }, () => making.rotate(old, LOGIN, { ...in30Days, overlapSeconds: 600 }));
    const outcomes = await Promise.all(asked);
    const [given, ...others] = outcomes.filter((outcome) => outcome.outcome === 'issued');
    expect([given, others]).toMatchObject([{ name: 'server', expiresAtSeconds: NOW + 30 * DAY }, []]);
    const reason = `rotated to ${given?.id}`;
    const ending = { atSeconds: NOW + 615, by: 'ada', reason };
    expect(await views.find('ada', old)).toMatchObject({ successor: given?.id, ending });
    expect(await views.find('ada', heir)).toMatchObject({ status: 'revoked', ending: { atSeconds: NOW + 15, reason } });
    expect(await views.find('ada', given?.id ?? '')).toMatchObject({ status: 'active', ending: undefined });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(3);
    expect(await making.rotate(old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was rotated already, to ${given?.id}`,
    });
  });

  type Parts = Awaited<ReturnType<typeof setUp>>;

  it.each<[why: string, (parts: Parts, heir: string) => unknown]>([
    ['was used', ({ store }, heir) => store.tokens.markUsed(new Map([[heir, NOW + 1]]))],
    ['was revoked', ({ revoking }, heir) => revoking.revoke(heir, { account: 'ada', client: '10.0.0.1' })],
    ['was rotated', ({ making }, heir) => making.rotate(heir, LOGIN, { ...in30Days, overlapSeconds: DAY })],
  ])('rotate() does not replace the successor of a rotation that broke off where it %s', async (_why, happen) => {
    const parts = await setUp();
    const { old, heir } = await parts.breakOff();
    parts.time.nowSeconds += 15;
    await happen(parts, heir);
    expect(await parts.making.rotate(old, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: `the token was rotated already, to ${heir}`,
    });
  });

  it('rotate() that took too long gives nothing away: somebody else may have finished it', async () => {
    const { create, making, store, time } = await setUp();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    let finished: unknown;
    store.tokens.rotate = async (old, heir, version) => {
      store.tokens.rotate = rotate;
      const isAppointed = await store.tokens.rotate(old, heir, version);
      time.nowSeconds += 15;
      finished = await making.rotate(id, LOGIN, in30Days);
      return isAppointed;
    };
    await expect(making.rotate(id, LOGIN, in30Days)).rejects.toThrow('took too long');
    expect(finished).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() leaves it to the store whether a successor that was named and never came to be is replaced', async () => {
    const { create, making, store } = await setUp();
    const { id } = await create(90);
    const asked: string[] = [];
    const { find, rotate } = store.tokens;
    store.tokens.find = async (sought) => {
      const token = await find.call(store.tokens, sought);
      return token && { ...token, successor: sought === id ? 'ghost' : undefined };
    };
    store.tokens.rotate = async (old, heir, version) =>
      asked.push(old) > 1 ? await rotate.call(store.tokens, old, heir, version) : 'superseded';
    expect(await making.rotate(id, LOGIN, in30Days)).toEqual({
      outcome: 'conflict',
      message: 'the token was rotated already',
    });
    expect(await making.rotate(id, LOGIN, in30Days)).toMatchObject({ outcome: 'issued' });
    expect(asked).toEqual([id, id]);
  });

  it('rotate() ends the successor where the old token was revoked while it was written', async () => {
    const { create, making, revoking, store, views } = await setUp();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    let heir = '';
    store.tokens.rotate = async (old, successor, version, inPlaceOf) => {
      heir = successor.id;
      const rotated = await rotate.call(store.tokens, old, successor, version, inPlaceOf);
      await revoking.revoke(id, { account: 'ada', client: '10.0.0.1' }, 'stolen');
      return rotated;
    };
    expect(await making.rotate(id, LOGIN, in30Days)).toEqual({ outcome: 'conflict', message: 'the token is revoked' });
    expect(await views.find('ada', heir)).toMatchObject({ status: 'revoked' });
    expect(await store.revocations.read([`sallyport:revoked:own:${heir}`])).not.toEqual([undefined]);
    expect(await views.find('ada', id)).toMatchObject({ status: 'revoked', ending: { reason: 'stolen' } });
  });

  it('rotate() gives nothing away where the token of who asked was revoked meanwhile, and can be done again', async () => {
    const { create, making, store, time, views } = await setUp();
    const { id } = await create(90);
    const { rotate } = store.tokens;
    const entry = { key: 'sallyport:revoked:own:login-1', value: '', expiresAtSeconds: undefined };
    store.tokens.rotate = async (old, successor, version, inPlaceOf) => {
      store.tokens.rotate = rotate;
      const rotated = await rotate.call(store.tokens, old, successor, version, inPlaceOf);
      await store.revocations.write(entry);
      return rotated;
    };
    const token = { issuedAtSeconds: NOW, standings: [unread(entry.key)] };
    const rotator = { ...LOGIN, authority: { ...authorityOf('ada'), token } };
    expect(await making.rotate(id, rotator, in30Days)).toEqual({ outcome: 'no_authority' });
    expect(await views.find('ada', id)).toMatchObject({ status: 'active', ending: undefined });
    time.nowSeconds += 15;
    expect(await making.rotate(id, LOGIN, in30Days)).toMatchObject({ outcome: 'issued' });
  });

  it('rotate() changes nothing once the account has another version', async () => {
    const { create, making, store, views } = await setUp();
    const { id } = await create(90);
    await store.accounts.update('ada', { email: 'ada@example.com' }, { mark: 'sallyport:other' });
    expect(await making.rotate(id, LOGIN, in30Days)).toEqual({ outcome: 'no_authority' });
    expect(await views.find('ada', id)).toMatchObject({ status: 'active', successor: undefined });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(1);
  });

  it("rotate() does not see another account's token, nor an unknown one", async () => {
    const { create, making } = await setUp();
    const { id } = await create(90);
    const bob = { ...LOGIN, authority: authorityOf('bob'), managesTokens: true };
    expect(await making.rotate(id, bob, in30Days)).toEqual({ outcome: 'not_found' });
    expect(await making.rotate('unknown', LOGIN, in30Days)).toEqual({ outcome: 'not_found' });
  });

  it('rotate() refuses a token that has ended, and one that is not private', async () => {
    const { create, making, revoking, store, time } = await setUp();
    const [revoked, marked, expired] = [await create(90), await create(90), await create(1)];
    await revoking.revoke(revoked.id, { account: 'ada', client: '10.0.0.1' }, 'lost');
    const conflict = (message: string) => ({ outcome: 'conflict', message });
    expect(await making.rotate(revoked.id, LOGIN, in30Days)).toEqual(conflict('the token is revoked'));
    time.nowSeconds += DAY;
    expect(await making.rotate(expired.id, LOGIN, in30Days)).toEqual(conflict('the token is expired'));
    await store.revocations.write({ key: 'sallyport:notbefore:own:ada', value: `${NOW}`, expiresAtSeconds: undefined });
    expect(await making.rotate(marked.id, LOGIN, in30Days)).toEqual(conflict('the token is revoked'));
    const access = { id: 'a', accountId: 'ada', use: 'access', scopes: ['messages:list'] } as const;
    await store.tokens.add({ ...access, createdAtSeconds: NOW + 1, expiresAtSeconds: NOW + 90 * DAY }, 0);
    expect(await making.rotate('a', LOGIN, in30Days)).toEqual(conflict('only a private token can be rotated'));
  });

  it('rotate() refuses scopes that the account has no more', async () => {
    const { create, making, store } = await setUp();
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
    expect(await making.rotate(id, LOGIN, in30Days)).toMatchObject({
      outcome: 'refused',
      errors: [{ field: 'scopes[0]', message: 'the account does not have messages:list' }],
    });
  });
});

describe('TokenViews', () => {
  it.each([
    [
      '{"at":1700000000,"by":"operator:eve","reason":"lost"}',
      { atSeconds: 1_700_000_000, by: 'operator:eve', reason: 'lost' },
    ],
    ['', { atSeconds: undefined, by: undefined, reason: undefined }],
  ])('find() shows what an entry %j written by hand says', async (value, ending) => {
    const { create, views, store } = await setUp();
    const { id } = await create(90);
    await store.revocations.write({ key: `sallyport:revoked:own:${id}`, value, expiresAtSeconds: undefined });
    expect(await views.find('ada', id)).toMatchObject({ status: 'revoked', ending });
  });

  it('list() shows a mark on the tokens that it ends, and on no younger ones', async () => {
    const { create, views, store, time } = await setUp();
    await create(90);
    time.nowSeconds += 10;
    await create(90);
    const key = 'sallyport:notbefore-issuer:own';
    await store.revocations.write({ key, value: `${NOW + 5}`, expiresAtSeconds: undefined });
    const page = await views.list('ada', 10);
    expect(page?.tokens.map(({ status }) => status)).toEqual(['active', 'revoked']);
  });
});

describe('PrivateTokens with an id that is given', () => {
  it('create() shows what was made with it, whatever has become possible or impossible since', async () => {
    const { making, store, time } = await setUp();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    const made = await making.create(authorityOf('ada'), request, 'id-1');
    time.nowSeconds = NOW + 2 * DAY;
    expect(await making.create(authorityOf('ada'), request, 'id-1')).toEqual({ ...made, isRepeated: true });
    expect((await store.tokens.list('ada', 10))?.tokens.map(({ id }) => id)).toEqual(['id-1']);
  });

  it("create() shows nobody another account's", async () => {
    const { making } = await setUp();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    await making.create(authorityOf('ada'), request, 'id-1');
    await expect(making.create(authorityOf('bob'), request, 'id-1')).rejects.toThrow('exists already');
  });

  it('rotate() shows the successor that it made, and writes nothing more', async () => {
    const { create, making, views, time } = await setUp();
    const old = await create(90);
    const overlapping = { ...in30Days, overlapSeconds: 3600 };
    const heir = await making.rotate(old.id, LOGIN, overlapping, 'heir-1');
    const shown = await views.find('ada', old.id);
    time.nowSeconds += 60;
    expect(await making.rotate(old.id, LOGIN, overlapping, 'heir-1')).toEqual({ ...heir, isRepeated: true });
    expect(await views.find('ada', old.id)).toEqual(shown);
    expect(await making.rotate(old.id, LOGIN, overlapping, 'heir-2')).toMatchObject({ outcome: 'conflict' });
  });

  it('rotate() finishes what broke off, at once, with the same successor', async () => {
    const { create, making, store, views } = await setUp();
    const { id: old } = await create(90);
    const { write } = store.revocations;
    store.revocations.write = () => Promise.reject(new Error('the store is gone'));
    await expect(making.rotate(old, LOGIN, in30Days, 'heir-1')).rejects.toThrow('the store is gone');
    store.revocations.write = write;
    expect(await making.rotate(old, LOGIN, in30Days, 'heir-1')).toMatchObject({ outcome: 'issued', id: 'heir-1' });
    expect(await views.find('ada', old)).toMatchObject({ status: 'revoked', successor: 'heir-1' });
    expect((await store.tokens.list('ada', 10))?.tokens).toHaveLength(2);
  });

  it('rotate() makes the successor that was named and never recorded', async () => {
    const { create, making, store, views } = await setUp();
    const { id: old } = await create(90);
    const { add } = store.tokens;
    store.tokens.add = () => Promise.reject(new Error('the store is gone'));
    await expect(making.rotate(old, LOGIN, in30Days, 'heir-1')).rejects.toThrow('the store is gone');
    store.tokens.add = add;
    expect(await views.find('ada', old)).toMatchObject({ successor: 'heir-1', status: 'active' });
    expect(await making.rotate(old, LOGIN, in30Days, 'heir-1')).toMatchObject({ outcome: 'issued', id: 'heir-1' });
    expect(await views.find('ada', 'heir-1')).toMatchObject({ status: 'active' });
    expect(await views.find('ada', old)).toMatchObject({ successor: 'heir-1', status: 'revoked' });
  });
});
