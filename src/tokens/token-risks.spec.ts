import { expect, it } from 'vitest';
import { risksOf } from './token-risks.ts';
import type { TokenView } from './token-views.ts';

const DAY = 86_400;
const NOW = 1_000 * DAY;

const HARMLESS: TokenView = {
  id: 't',
  accountId: 'a',
  use: 'private',
  scopes: ['messages:send'],
  createdAtSeconds: NOW - 60 * DAY,
  expiresAtSeconds: NOW + 30 * DAY,
  lastUsedAtSeconds: NOW - 30 * DAY,
  successor: undefined,
  status: 'active',
  ending: undefined,
};

const ENDING = { expiresAtSeconds: NOW + 7 * DAY, lastUsedAtSeconds: NOW };

it.each<readonly [string, Partial<TokenView>, readonly string[]]>([
  ['at every limit', {}, []],
  ['with every scope', { scopes: ['messages:send', 'all:any'] }, ['all:any']],
  ['that is valid for longer', { expiresAtSeconds: NOW + 30 * DAY + 1 }, ['valid for over 90 days']],
  ['that was unused for longer', { lastUsedAtSeconds: NOW - 30 * DAY - 1 }, ['unused for 30 days']],
  ['that was never used', { lastUsedAtSeconds: undefined }, ['never used']],
  ['that ends soon', ENDING, ['in use, ends within 7 days']],
  ['that ends soon, unused', { ...ENDING, lastUsedAtSeconds: NOW - 7 * DAY }, []],
  ['that was just issued', { lastUsedAtSeconds: undefined, createdAtSeconds: NOW }, []],
  ['that was revoked', { lastUsedAtSeconds: undefined, scopes: ['all:any'], status: 'revoked' }, []],
  ['that has expired', { lastUsedAtSeconds: undefined, scopes: ['all:any'], status: 'expired' }, []],
])('risksOf() a token %s', (_token, more, risks) => {
  expect(risksOf({ ...HARMLESS, ...more }, NOW)).toEqual(risks);
});
