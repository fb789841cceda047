import { expect, it } from 'vitest';
import { recordAudit } from '../../test/support/audit.ts';
import { withRevocations } from '../../test/support/store/revocations.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { Accounts } from './accounts.ts';
import { ChangePassword } from './change-password.ts';
import { Passwords } from './passwords/passwords.ts';

const ADA = { account: 'ada', client: '192.0.2.1' };
const NEW_PASSWORD = 'four words or many more';

async function setUp() {
  const store = openMemoryStore();
  const account = { id: 'ada', name: 'ada', passwordHash: '$old', scopes: [], disabled: false, createdAtSeconds: 1 };
  await store.accounts.add({ ...account, version: 0 });
  const { audit, records } = recordAudit();
  const refused: unknown[] = [];
  const observer = { logInRefused: (...facts: unknown[]) => void refused.push(facts) };
  const clock = { wallMs: () => Date.now() };
  const parts = {
    store: withRevocations(store),
    passwords: new Passwords(),
    issuer: 'own',
    catalogue: new Set<string>(),
    clock,
    audit,
  };
  /** The current password is that of the account `foundId`, and `meanwhile` runs before the new one is written. */
  const changing = (meanwhile: () => Promise<unknown>, foundId = 'ada') => {
    const check = async () => {
      const found = await store.accounts.findById(foundId);
      if (found === undefined) throw new Error('no account');
      await meanwhile();
      return { outcome: 'account', account: found } as const;
    };
    return new ChangePassword({
      store: store.accounts,
      accounts: new Accounts(parts),
      credentials: { check },
      observer,
    });
  };
  return { store, changing, records, refused };
}

it('ChangePassword writes nothing if another request changes the password meanwhile', async () => {
  const { store, changing, records, refused } = await setUp();
  const byAnother = () =>
    store.accounts.update('ada', { passwordHash: '$by another' }, { mark: 'sallyport:notbefore' });
  const outcome = await changing(byAnother).change(ADA, { current: 'old', replacement: NEW_PASSWORD });
  expect(outcome).toMatchObject({ outcome: 'refused_credentials', refusal: { reason: 'credentials_invalid' } });
  expect((await store.accounts.findById('ada'))?.passwordHash).toBe('$by another');
  expect(refused).toEqual([[ADA.client, expect.objectContaining({ check: 'the account was changed meanwhile' })]]);
  expect(records).toEqual([]);
});

it('ChangePassword changes the password if no other change ended tokens meanwhile', async () => {
  const { store, changing, records } = await setUp();
  const harmless = () => store.accounts.update('ada', { email: 'ada@example.com' });
  const outcome = await changing(harmless).change(ADA, { current: 'old', replacement: NEW_PASSWORD });
  expect(outcome).toEqual({ outcome: 'changed' });
  expect(await store.accounts.findById('ada')).toMatchObject({ email: 'ada@example.com', version: 1 });
  const shared = { level: 'info', msg: 'account changed', ...ADA, subject: 'ada' };
  expect(records).toEqual([{ ...shared, changed: ['password'], scopes: [], disabled: false }]);
});

it('ChangePassword changes no other account that has the name meanwhile', async () => {
  const { store, changing, records } = await setUp();
  const eve = { name: 'eve', passwordHash: '$eve', scopes: [], disabled: false, createdAtSeconds: 1, version: 0 };
  await store.accounts.add({ id: 'eve', ...eve });
  const outcome = await changing(async () => {}, 'eve').change(ADA, { current: 'old', replacement: NEW_PASSWORD });
  expect(outcome).toEqual({ outcome: 'no_account' });
  expect(await store.accounts.findById('eve')).toMatchObject({ passwordHash: '$eve' });
  expect(records).toEqual([]);
});
