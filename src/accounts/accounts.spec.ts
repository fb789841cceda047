import { describe, expect, it } from 'vitest';
import { OPERATOR, recordAudit } from '../../test/support/audit.ts';
import { readValues, withRevocations } from '../../test/support/store/revocations.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { AccountEdit } from './accounts.ts';
import { Accounts } from './accounts.ts';
import { createFirstAccount } from './first-account.ts';
import { Passwords } from './passwords/passwords.ts';

const NOW_SECONDS = 1_800_000_000;

function setUp() {
  const now = { ms: NOW_SECONDS * 1000 + 999 };
  const store = openMemoryStore(() => now.ms);
  const passwords: Pick<Passwords, 'hash'> = new Passwords();
  const { audit, records } = recordAudit();
  const accounts = new Accounts({
    store: withRevocations(store),
    passwords,
    issuer: 'sallyport',
    catalogue: new Set(['messages:send']),
    clock: { wallMs: () => now.ms },
    audit,
  });
  return { store, accounts, passwords, now, records };
}

async function setUpAda() {
  const parts = setUp();
  const added = await parts.accounts.add(OPERATOR, ada);
  if ('outcome' in added) throw new Error(added.message);
  return { ...parts, account: added, id: added.id };
}

const ada = {
  name: 'ada',
  password: 'a secret of ada lovelace',
  scopes: ['messages:send', 'all:any', 'tokens:manage'],
};

describe('Accounts', () => {
  it('add() keeps a hash, never the password', async () => {
    const { store, accounts } = setUp();
    const added = await accounts.add(OPERATOR, ada);
    expect(added).toMatchObject({ name: 'ada', scopes: ada.scopes, createdAtSeconds: NOW_SECONDS });
    expect(JSON.stringify(await store.accounts.list())).not.toContain('a secret of ada lovelace');
  });

  it.each([
    [{ ...ada, name: '' }, 'name', /name must not be empty/],
    [{ ...ada, name: 'a:b' }, 'name', /a colon/],
    [{ ...ada, name: 'a\nb' }, 'name', /contains U\+000A/],
    [{ ...ada, name: 'ada ' }, 'name', /must not begin or end with a space/],
    [{ ...ada, name: 'ad\u200ba' }, 'name', /contains U\+200B/],
    [{ ...ada, email: 'ada\u202e@example.com' }, 'email', /contains U\+202E/],
    [{ ...ada, email: 'ada' }, 'email', /an @ between/],
    [{ ...ada, email: '' }, 'email', /an @ between/],
    [{ ...ada, email: `${'a'.repeat(251)}@b.c` }, 'email', /at most 254/],
    [{ ...ada, password: '' }, 'password', /empty/],
    [{ ...ada, password: 'short' }, 'password', /at least 15 characters/],
    [{ ...ada, password: 'é'.repeat(14) }, 'password', /at least 15 characters/],
    [{ ...ada, password: 'é'.repeat(513) }, 'password', /at most 1024 bytes/],
    [
      { ...ada, scopes: ['messages:sent', 'messages:send'] },
      'scopes',
      /^no such scope: "messages:sent", did you mean "messages:send"\?$/,
    ],
  ])('add() refuses %j', async (account, field, words) => {
    const { store, accounts } = setUp();
    const problem = { outcome: 'refused', field, message: expect.stringMatching(words) };
    expect(await accounts.add(OPERATOR, account)).toEqual(problem);
    expect(await store.accounts.list()).toEqual([]);
  });

  it.each([
    [{ ...ada, name: 'ADA' }, 'name', "account 'ADA' exists already"],
    [{ ...ada, name: 'ada@example.com' }, 'name', "account 'ada@example.com' exists already"],
    [{ ...ada, name: 'max', email: 'Ada@example.com' }, 'email', "e-mail address 'Ada@example.com' is taken"],
  ])('add() refuses a name or an e-mail address that another account uses: %j', async (account, field, message) => {
    const { accounts } = setUp();
    await accounts.add(OPERATOR, { ...ada, email: 'ada@example.com' });
    expect(await accounts.add(OPERATOR, account)).toEqual({ outcome: 'taken', field, message });
  });

  it('add() and change() write nothing while too many passwords are being hashed', async () => {
    const { store, accounts, passwords, account } = await setUpAda();
    const before = await store.accounts.list();
    passwords.hash = async () => ({ outcome: 'busy' });
    const problem = { outcome: 'busy', field: 'password', message: expect.stringContaining('try again') };
    expect(await accounts.add(OPERATOR, { ...ada, name: 'max' })).toEqual(problem);
    expect(await accounts.change(OPERATOR, account, { password: 'another password of hers' })).toEqual(problem);
    expect(await store.accounts.list()).toEqual(before);
  });

  it('add() stores the name in NFC', async () => {
    const { accounts } = setUp();
    const name = 'Jürgen';
    expect(await accounts.add(OPERATOR, { ...ada, name: name.normalize('NFD') })).toMatchObject({
      name: name.normalize('NFC'),
    });
    expect(await accounts.add(OPERATOR, { ...ada, name: name.normalize('NFC') })).toMatchObject({ outcome: 'taken' });
  });

  it('finds, changes and removes an existing account whose name is no longer allowed', async () => {
    const { store, accounts, id } = await setUpAda();
    for (const [index, name] of ['ada ', 'a\u200bda'].entries()) {
      const old = {
        id: `old-${index}`,
        name,
        passwordHash: '$',
        scopes: [],
        disabled: false,
        createdAtSeconds: 1,
        version: 0,
      };
      await store.accounts.add(old);
      expect((await accounts.find(name))?.id).toBe(old.id);
      expect(await accounts.change(OPERATOR, old, { email: `old-${index}@example.com` })).toMatchObject({ name });
      expect(await accounts.remove(OPERATOR, old.id)).toBe(true);
    }
    expect((await accounts.find('ada '))?.id).toBe(id);
  });

  it.each(['ada ', ' ADA', 'ada\t', 'ada\u00a0', ' ada@example.com '])(
    'find() ignores spaces around %j',
    async (typed) => {
      const { accounts, id, account } = await setUpAda();
      await accounts.change(OPERATOR, account, { email: 'ada@example.com' });
      expect((await accounts.find(typed))?.id).toBe(id);
    },
  );

  it('remove() ends every token permanently, also one that is issued meanwhile', async () => {
    const { store, accounts, id } = await setUpAda();
    expect(await accounts.remove(OPERATOR, id)).toBe(true);
    expect(await accounts.remove(OPERATOR, id)).toBe(false);
    expect(await readValues(store, [`sallyport:notbefore:sallyport:${id}`])).toEqual(['999999999999999']);
  });

  it.each<[AccountEdit, boolean]>([
    [{ password: 'another one of these' }, true],
    [{ disabled: true }, true],
    [{ scopes: ['messages:send', 'tokens:manage'] }, true],
    [{ scopes: ['accounts:manage'] }, true],
    [{ scopes: [...ada.scopes, 'accounts:manage'] }, false],
    [{ scopes: ada.scopes.toReversed() }, false],
    [{ email: 'ada@example.com' }, false],
    [{ email: null }, false],
    [{ disabled: false }, false],
  ])('change() with %j ends tokens: %s', async (edit, ends) => {
    const { store, accounts, id, now, account } = await setUpAda();
    now.ms = (NOW_SECONDS + 0.98) * 1000;
    const { password, email, ...rest } = edit;
    expect(await accounts.change(OPERATOR, account, edit)).toMatchObject({ id, ...rest, ...(email ? { email } : {}) });
    const [mark] = await readValues(store, [`sallyport:notbefore:sallyport:${id}`]);
    expect(mark).toBe(ends ? String(NOW_SECONDS) : undefined);
    const hash = (await accounts.findById(id))?.passwordHash;
    expect(await new Passwords().verify(password ?? ada.password, hash)).toBe('match');
  });

  it('change() raises the mark each time, so that the feed reports each change', async () => {
    const { store, accounts, id, now, account } = await setUpAda();
    now.ms = (NOW_SECONDS + 0.98) * 1000;
    await accounts.change(OPERATOR, account, { disabled: true });
    // Another instance, whose clock is behind.
    now.ms = (NOW_SECONDS - 3) * 1000;
    await accounts.change(OPERATOR, account, { disabled: true });
    const [mark] = await readValues(store, [`sallyport:notbefore:sallyport:${id}`]);
    expect(mark).toBe(String(NOW_SECONDS + 1));
  });

  it('add(), change() and remove() record who did it, and record nothing if they write nothing', async () => {
    const { accounts, records, id, account } = await setUpAda();
    await accounts.add(OPERATOR, ada);
    await accounts.change(OPERATOR, account, { scopes: ['messages:send'], disabled: true, email: undefined });
    await accounts.change(OPERATOR, account, { password: 'short' });
    await accounts.remove(OPERATOR, id);
    await accounts.remove(OPERATOR, id);
    const shared = { level: 'info', ...OPERATOR, subject: id };
    const scopes = ['messages:send'];
    expect(records).toEqual([
      { ...shared, msg: 'account added', scopes: ada.scopes },
      { ...shared, msg: 'account changed', changed: ['scopes', 'disabled'], scopes, disabled: true },
      { ...shared, msg: 'account removed' },
    ]);
  });

  it('change() refuses what add() refuses, and changes nothing', async () => {
    const { accounts, id, account } = await setUpAda();
    await accounts.add(OPERATOR, { ...ada, name: 'max', email: 'max@example.com' });
    const before = await accounts.findById(id);
    expect(await accounts.change(OPERATOR, account, { disabled: true, password: 'short' })).toMatchObject({
      field: 'password',
    });
    expect(await accounts.change(OPERATOR, account, { disabled: true, scopes: ['x'] })).toMatchObject({
      field: 'scopes',
    });
    expect(await accounts.change(OPERATOR, account, { disabled: true, email: '@' })).toMatchObject({ field: 'email' });
    expect(await accounts.change(OPERATOR, account, { disabled: true, email: 'MAX@example.com' })).toMatchObject({
      outcome: 'taken',
    });
    expect(await accounts.findById(id)).toEqual(before);
    expect(await accounts.change(OPERATOR, { ...account, id: 'unknown' }, { disabled: true })).toBeUndefined();
  });
});

describe('createFirstAccount()', () => {
  it('creates the account if the store holds none, and never changes an existing one', async () => {
    const { accounts, records } = setUp();
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'root:pass:word' });
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'root:other' });
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: 'second:other' });
    const list = await accounts.list();
    expect(list).toMatchObject([{ name: 'root', scopes: ['all:any', 'tokens:manage'] }]);
    expect(await new Passwords().verify('pass:word', list[0]?.passwordHash)).toBe('match');
    const msg = 'first account created from SALLYPORT_ACCOUNT';
    expect(records).toEqual([{ level: 'info', msg, account: 'root' }]);
  });

  it.each(['\n', '\r\n'])('removes the line break %j from the end of the password', async (end) => {
    const { accounts } = setUp();
    await createFirstAccount(accounts, { SALLYPORT_ACCOUNT: `root:pass word${end}` });
    const [root] = await accounts.list();
    expect(await new Passwords().verify('pass word', root?.passwordHash)).toBe('match');
  });

  it.each(['hunter2', ':hunter2', 'root:', 'ro\u200bot:hunter2', 'root :hunter2', 'root:hunter2\ufffd'])(
    'refuses %j without quoting it',
    async (value) => {
      const { accounts } = setUp();
      const creating = createFirstAccount(accounts, { SALLYPORT_ACCOUNT: value });
      await expect(creating).rejects.toThrow(/^SALLYPORT_ACCOUNT: (?!.*hunter2)/);
    },
  );

  it('does nothing if the variable is not set', async () => {
    const { accounts } = setUp();
    await createFirstAccount(accounts, {});
    expect(await accounts.list()).toEqual([]);
  });
});
