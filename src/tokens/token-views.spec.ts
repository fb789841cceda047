import { describe, expect, it } from 'vitest';
import { NOW, openPrivateTokens } from '../../test/support/private-tokens.ts';

describe('TokenViews', () => {
  it.each([
    [
      '{"at":1700000000,"by":"operator:eve","reason":"lost"}',
      { atSeconds: 1_700_000_000, by: 'operator:eve', reason: 'lost' },
    ],
    ['', { atSeconds: undefined, by: undefined, reason: undefined }],
  ])('find() shows the attribution of the entry %j, which an operator wrote by hand', async (value, ending) => {
    const { create, views, store } = await openPrivateTokens();
    const { id } = await create(90);
    await store.revocations.write({ key: `sallyport:revoked:own:${id}`, value, expiresAtSeconds: undefined });
    expect(await views.find('ada', id)).toMatchObject({ status: 'revoked', ending });
  });

  it('list() shows tokens up to a mark as revoked, and newer ones as active', async () => {
    const { create, views, store, time } = await openPrivateTokens();
    await create(90);
    time.nowSeconds += 10;
    await create(90);
    const key = 'sallyport:notbefore-issuer:own';
    await store.revocations.write({ key, value: `${NOW + 5}`, expiresAtSeconds: undefined });
    const page = await views.list('ada', 10);
    expect(page?.tokens.map(({ status }) => status)).toEqual(['active', 'revoked']);
  });
});
