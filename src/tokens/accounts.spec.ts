import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory.ts';
import { Accounts } from './accounts.ts';
import { createFirstAccount } from './first-account.ts';
import { Passwords } from './passwords.ts';

const NOW_SECONDS = 1_800_000_000;

function setUp() {
  const store = openMemoryStore();
  const accounts = new Accounts({
    store: store.accounts,
    passwords: new Passwords(),
    issuer: 'sallyport',
    catalogue: new Set(['messages:send']),
    clock: { wallMs: () => NOW_SECONDS * 1000 + 999 },
  });
  return { store, accounts };
}

const ada = { name: 'ada', password: 'secret', scopes: ['messages:send', 'all:any', 'tokens:manage'] };

describe('Accounts', () => {
  it('add() keeps a hash, never the password', async () => {
    const { store, accounts } = setUp();
    const added = await accounts.add(ada);
    expect(added).toMatchObject({ name: 'ada', scopes: ada.scopes, createdAtSeconds: NOW_SECONDS });
    expect(JSON.stringify(await store.accounts.list())).not.toContain('secret');
  });

  it.each([
    [{ ...ada, name: '' }, /name has 1 to 128/],
    [{ ...ada, name: 'a:b' }, /no colon/],
    [{ ...ada, name: 'a\nb' }, /no control character/],
    [{ ...ada, name: 'a'.repeat(129) }, /1 to 128/],
    [{ ...ada, password: '' }, /empty/],
    [{ ...ada, password: 'é'.repeat(513) }, /over 1024 bytes/],
    [{ ...ada, scopes: ['messages:sent', 'messages:send'] }, /^no such scope: messages:sent$/],
  ])('add() refuses %j', async (account, words) => {
    const { store, accounts } = setUp();
    expect(await accounts.add(account)).toEqual({ outcome: 'refused', message: expect.stringMatching(words) });
    expect(await store.accounts.list()).toEqual([]);
  });

  it('add() refuses a name that is taken', async () => {
    const { accounts } = setUp();
    await accounts.add(ada);
    expect(await accounts.add({ ...ada, name: 'ADA' })).toEqual({
      outcome: 'refused',
      message: "account 'ADA' exists already",
    });
  });

  it('remove() ends every token, also one that is issued meanwhile, for good', async () => {
    const { store, accounts } = setUp();
    await accounts.add(ada);
    const [account] = await accounts.list();
    expect(await accounts.remove('ada')).toBe(true);
    expect(await accounts.remove('ada')).toBe(false);
    expect(await store.revocations.read([`sallyport:notbefore:sallyport:${account?.id}`])).toEqual(['999999999999999']);
  });
});

describe('createFirstAccount', () => {
  const events = () => {
    const created: string[] = [];
    return { created, accountCreated: (name: string) => void created.push(name) };
  };

  it('creates the account where the store holds none, and never alters one', async () => {
    const { accounts } = setUp();
    const told = events();
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'root:pass:word' }, told);
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'root:other' }, told);
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'second:other' }, told);
    const list = await accounts.list();
    expect(list).toMatchObject([{ name: 'root', scopes: ['all:any', 'tokens:manage'] }]);
    expect(await new Passwords().verify('pass:word', list[0]?.passwordHash)).toBe('match');
    expect(told.created).toEqual(['root']);
  });

  it.each(['hunter2', ':hunter2', 'root:'])('refuses %j without quoting it', async (value) => {
    const { accounts } = setUp();
    const creating = createFirstAccount(accounts, { SALLYPORT_ACCOUNT: value }, events());
    await expect(creating).rejects.toThrow(/^SALLYPORT_ACCOUNT: (?!.*hunter2)/);
  });

  it('does nothing where the variable is not set', async () => {
    const { accounts } = setUp();
    await createFirstAccount(accounts, {}, events());
    expect(await accounts.list()).toEqual([]);
  });
});
