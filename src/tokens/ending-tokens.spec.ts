import { describe, expect, it } from 'vitest';
import type { EndingCount } from './ending-tokens.ts';
import { countEndingTokens } from './ending-tokens.ts';
import type { TokenView, TokenViews } from './token-views.ts';

const DAY = 86_400;
const NOW = 1_000 * DAY;
/** Made for a year, and used a moment ago. */
const YEARLY: TokenView = {
  id: 't',
  accountId: 'ada',
  use: 'private',
  scopes: [],
  createdAtSeconds: NOW - 360 * DAY,
  expiresAtSeconds: NOW + 5 * DAY,
  lastUsedAtSeconds: NOW - 60,
  successor: undefined,
  status: 'active',
  ending: undefined,
};

/** A list in pages of two, of which an account has its own tokens. */
function listOf(tokens: readonly TokenView[]): TokenViews['list'] {
  return async (accountId, _limit, after) => {
    const own = tokens.filter((token) => token.accountId === accountId);
    const start = after === undefined ? 0 : own.findIndex(({ id }) => id === after.id) + 1;
    const shown = own.slice(start, start + 2);
    const last = shown.at(-1);
    return { tokens: shown, next: own.length > start + 2 ? last : undefined };
  };
}

async function count(tokens: readonly Partial<TokenView>[], signal = new AbortController().signal) {
  const all = tokens.map((token, index) => ({ ...YEARLY, id: `t${index}`, ...token }));
  const names = [...new Set(all.map(({ accountId }) => accountId))];
  const parts = {
    accounts: { list: async () => names.map((id) => ({ id })) },
    views: { list: listOf(all) },
    clock: { wallMs: () => NOW * 1_000 },
  };
  return inWords(await countEndingTokens(parts, signal));
}

function inWords(counts: readonly EndingCount[]): Record<string, number> {
  return Object.fromEntries(
    counts.filter(({ tokens }) => tokens > 0).map(({ use, within, tokens }) => [`${use} ${within}`, tokens]),
  );
}

describe('countEndingTokens()', () => {
  it('counts a token in each time in which it ends', async () => {
    expect(await count([{}, { expiresAtSeconds: NOW + 20 * DAY }, { expiresAtSeconds: NOW + 31 * DAY }])).toEqual({
      'private 7d': 1,
      'private 30d': 2,
    });
  });

  it('has a figure for every kind and time, also without tokens', async () => {
    const parts = { accounts: { list: async () => [] }, views: { list: listOf([]) }, clock: { wallMs: () => 0 } };
    const counts = await countEndingTokens(parts, new AbortController().signal);
    expect(counts.map(({ use, within, tokens }) => `${use} ${within} ${tokens}`)).toEqual([
      'private 1d 0',
      'private 7d 0',
      'private 30d 0',
      'access 1d 0',
      'access 7d 0',
      'access 30d 0',
    ]);
  });

  it('reads every page of every account', async () => {
    const tokens = ['ada', 'ben'].flatMap((accountId) => Array.from({ length: 5 }, () => ({ accountId })));
    expect(await count(tokens)).toMatchObject({ 'private 7d': 10 });
  });

  it.each<readonly [string, Partial<TokenView>]>([
    ['was never used', { lastUsedAtSeconds: undefined }],
    ['was not used for 7 days', { lastUsedAtSeconds: NOW - 7 * DAY }],
    ['was revoked', { status: 'revoked' }],
    ['has expired', { status: 'expired' }],
  ])('leaves out a token that %s', async (_what, token) => {
    expect(await count([token])).toEqual({});
  });

  it('leaves out a token that is made for less than four times the time', async () => {
    const daily = { use: 'access', createdAtSeconds: NOW - DAY / 2, expiresAtSeconds: NOW + DAY / 2 } as const;
    const fourDays = { ...daily, createdAtSeconds: NOW - 3.5 * DAY };
    expect(await count([daily])).toEqual({});
    expect(await count([fourDays])).toEqual({ 'access 1d': 1 });
  });

  it('takes the end of an overlap for the end of a rotated token, if it was used after the rotation', async () => {
    const ending = { atSeconds: NOW + DAY / 2, by: 'ada', reason: 'rotated' };
    const rotated = { expiresAtSeconds: NOW + 90 * DAY, ending, successor: 'next' };
    const next = { id: 'next', createdAtSeconds: NOW - 3_600, expiresAtSeconds: NOW + 90 * DAY };
    expect(await count([next, rotated])).toMatchObject({ 'private 1d': 1 });
    expect(await count([next, { ...rotated, lastUsedAtSeconds: NOW - 3_601 }])).toEqual({});
  });

  it('ends when it is aborted', async () => {
    await expect(count([{}], AbortSignal.abort())).rejects.toThrow('abort');
  });
});
