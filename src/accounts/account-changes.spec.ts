import { describe, expect, it } from 'vitest';
import { OPERATOR, recordAudit } from '../../test/support/audit.ts';
import { readValues, revocationsOf } from '../../test/support/store/revocations.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Account, AccountChange } from './account.ts';
import { AccountManagement } from './account-management.ts';
import { Accounts } from './accounts.ts';
import type { Passwords } from './passwords/passwords.ts';

const MAX = { account: 'max', client: '192.0.2.1' };
const MARK = 'sallyport:notbefore:own:ada';

const ada: Account = {
  id: 'ada',
  name: 'ada',
  passwordHash: '$argon2id$v=19$',
  scopes: ['messages:send'],
  disabled: false,
  createdAtSeconds: 1_000,
  version: 0,
};

/** @param meanwhile the changes that another caller writes, one before each write of the change under test. */
async function setUp(...meanwhile: readonly AccountChange[]) {
  const store = openMemoryStore();
  await store.accounts.add(ada);
  await store.accounts.add({ ...ada, id: 'max', name: 'max', scopes: ['accounts:manage', 'messages:send'] });
  const others = [...meanwhile];
  const raced = {
    ...store,
    accounts: {
      add: store.accounts.add.bind(store.accounts),
      find: store.accounts.find.bind(store.accounts),
      findById: store.accounts.findById.bind(store.accounts),
      list: store.accounts.list.bind(store.accounts),
      page: store.accounts.page.bind(store.accounts),
      remove: store.accounts.remove.bind(store.accounts),
      update: async (...change: Parameters<typeof store.accounts.update>) => {
        const other = others.shift();
        if (other !== undefined) await store.accounts.update('ada', other);
        return await store.accounts.update(...change);
      },
    },
  };
  const passwords: Pick<Passwords, 'hash'> = { hash: async () => ({ outcome: 'done', value: '$new' }) };
  const accounts = new Accounts({
    store: { ...raced, revocations: revocationsOf(store) },
    passwords,
    issuer: 'own',
    catalogue: new Set(['messages:send', 'messages:read']),
    clock: { wallMs: Date.now },
    audit: recordAudit().audit,
  });
  return { store, accounts };
}

describe('Accounts.change(), while another caller changes the account', () => {
  it('ends the tokens if it removes a scope that was added meanwhile', async () => {
    const { store, accounts } = await setUp({ scopes: ['messages:send', 'messages:read'] });
    expect(await accounts.change(OPERATOR, ada, { scopes: ['messages:send'] })).toMatchObject({
      scopes: ['messages:send'],
    });
    expect(await readValues(store, [MARK])).toEqual([expect.stringMatching(/^\d+$/)]);
    expect((await store.accounts.findById('ada'))?.version).toBe(1);
  });

  it('sets no password if the account meanwhile received a scope that its manager lacks', async () => {
    const { store, accounts } = await setUp({ scopes: ['messages:send', 'messages:read'] });
    const manager = { by: MAX, accountVersion: 0, granted: new Set(['accounts:manage', 'messages:send']) };
    const changed = await new AccountManagement(accounts).change(manager, 'ada', { password: 'a new secret of ada' });
    expect(changed).toMatchObject({ outcome: 'conflict' });
    expect((await store.accounts.findById('ada'))?.passwordHash).toBe(ada.passwordHash);
  });

  it('gives up after too many conflicting changes', async () => {
    const two = [['messages:send'], ['messages:read']].map((scopes) => ({ scopes }));
    const { accounts } = await setUp({ scopes: [] }, ...Array.from({ length: 20 }, () => two).flat());
    await expect(accounts.change(OPERATOR, ada, { disabled: true })).rejects.toThrow(/changes too often/);
  });
});
