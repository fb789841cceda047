import { describe, expect, it } from 'vitest';
import type { AccountStore } from '../accounts/account-store.ts';
import { StoreError } from '../core/ports.ts';
import { AccountQuestions } from './account-questions.ts';

function questions(accounts: Pick<AccountStore, 'find' | 'findById'>): AccountQuestions {
  return new AccountQuestions({
    accounts,
    issuer: 'sallyport',
    generation: 1,
    catalogue: new Map(),
    deciderWith: () => {
      throw new Error('no account was found, so nothing is asked about one');
    },
    limitMs: 20,
  });
}

const missing = async () => undefined;
const late = () => Promise.withResolvers<never>().promise;

describe('AccountQuestions.about()', () => {
  it.each([
    ['by its id', { findById: late, find: missing }],
    ['by its name', { findById: missing, find: late }],
  ])('rejects if the store does not find an account in time %s', async (_way, accounts) => {
    const looked = questions(accounts).about('alice@example.com');
    await expect(looked).rejects.toThrow(StoreError);
    await expect(looked).rejects.toThrow('an account could not be read within 20 ms');
  });

  it('resolves to undefined if there is no such account', async () => {
    expect(await questions({ findById: missing, find: missing }).about('alice')).toBeUndefined();
  });
});
