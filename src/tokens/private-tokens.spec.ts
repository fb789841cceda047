import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { SOMEONE } from '../../test/support/audit.ts';
import { authorityOf, DAY, NOW, openPrivateTokens } from '../../test/support/private-tokens.ts';

describe('PrivateTokens', () => {
  it('create() issues a private token with the requested name, scopes and expiry', async () => {
    const { create, views } = await openPrivateTokens();
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
    ['an expiry of now', NOW, ['messages:list'], 'expires_at', 'must be in the future'],
    [
      'an expiry in a year and a second',
      NOW + 365 * DAY + 1,
      ['messages:list'],
      'expires_at',
      /^must not be later than 2028-01-15\S+$/,
    ],
    [
      'a later expiry than its scope allows',
      NOW + 30 * DAY + 1,
      ['messages:send'],
      'expires_at',
      /^must not be later than 2027-02-14\S+, the maximum for messages:send$/,
    ],
    [
      'a scope that the account lacks',
      NOW + DAY,
      ['tokens:manage'],
      'scopes[0]',
      'the account does not have tokens:manage',
    ],
    ['a misspelled scope', NOW + DAY, ['message:list'], 'scopes[0]', /did you mean "messages:list"/],
  ])('create() refuses %s', async (_request, expiresAtSeconds, scopes, field, message) => {
    const { privateTokens, store } = await openPrivateTokens();
    const refused = await privateTokens.create(SOMEONE, authorityOf('ada'), { name: 'x', scopes, expiresAtSeconds });
    expect(refused).toEqual({ outcome: 'refused', errors: [{ field, message: expect.stringMatching(message) }] });
    expect((await store.tokens.list('ada', 10))?.tokens).toEqual([]);
  });

  it('create() issues nothing to an account that was removed', async () => {
    const { privateTokens } = await openPrivateTokens();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    expect(await privateTokens.create(SOMEONE, authorityOf('eve'), request)).toEqual({ outcome: 'no_authority' });
  });

  it('create() shows the token with this id again, even if it could not be issued any more', async () => {
    const { privateTokens, store, time } = await openPrivateTokens();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    const made = await privateTokens.create(SOMEONE, authorityOf('ada'), request, { id: 'id-1' });
    time.nowSeconds = NOW + 2 * DAY;
    expect(await privateTokens.create(SOMEONE, authorityOf('ada'), request, { id: 'id-1' })).toEqual({
      ...made,
      isRepeated: true,
    });
    expect((await store.tokens.list('ada', 10))?.tokens.map(({ id }) => id)).toEqual(['id-1']);
  });

  it("create() does not show another account's token", async () => {
    const { privateTokens } = await openPrivateTokens();
    const request = { name: 'x', scopes: ['messages:list'], expiresAtSeconds: NOW + DAY };
    await privateTokens.create(SOMEONE, authorityOf('ada'), request, { id: 'id-1' });
    await expect(privateTokens.create(SOMEONE, authorityOf('bob'), request, { id: 'id-1' })).rejects.toThrow(
      'exists already',
    );
  });
});
