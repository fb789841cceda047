import type { Account } from '../accounts/account.ts';
import type { AccountEdit } from '../accounts/accounts.ts';
import { Accounts } from '../accounts/accounts.ts';
import { LOG_IN_HISTORY, LogInDigests } from '../accounts/guesses/log-in-digests.ts';
import { Passwords } from '../accounts/passwords/passwords.ts';
import { unlockAccount } from '../accounts/unlock-account.ts';
import { openAudit } from '../app/command-audit.ts';
import { requireStore, revocationsIn, withStore } from '../app/command-use-cases.ts';
import type { Operator } from '../audit/actor.ts';
import { operatorOf } from '../audit/actor.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import type { StoreUser } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';
import { defineAction, defineGroup } from './command-definition.ts';
import { BY_OPTION, readAuthor } from './operator.ts';
import { readPassword } from './terminal/password.ts';

/** What an action works with. */
interface Task {
  readonly accounts: Accounts;
  /** Forgets the wrong passwords that were given for an account. */
  readonly forgive: (account: Account) => Promise<void>;
  readonly terminal: Terminal;
  readonly by: Operator;
}

const NAME_HELP = 'NAME is the name or the e-mail address of an account.';
const ENDS_TOKENS =
  'This ends every token of the account on every instance, and what instances cached of its password.';
const PASSWORD_HELP = 'Asks for the password, or reads one line from standard input if that is not a terminal.';

const add = defineAction({
  summary: 'add an account',
  takes: ['NAME'],
  details: PASSWORD_HELP,
  options: {
    scopes: { type: 'string', placeholder: 'SCOPE[,SCOPE ...]', help: 'what its tokens may do', required: true },
    email: { type: 'string', placeholder: 'ADDRESS', help: 'its e-mail address, with which it can log in too' },
    by: BY_OPTION,
  },
  run({ positionals: [name = ''], values, config }, terminal) {
    const by = operatorOf(readAuthor(values));
    // The first account of a store may be added before Sallyport runs; all other actions need a store.
    return withAccounts(config, terminal, by, (task) => addAccount(task, name, values), 'first command');
  },
});

const listAll = defineAction({
  summary: 'list all accounts: name, id, time of creation, scopes, e-mail address, whether disabled',
  takes: [],
  options: {},
  run: ({ config }, terminal) =>
    withAccounts(config, terminal, undefined, async ({ accounts }) => {
      for (const one of await accounts.list()) print(one, terminal);
    }),
});

/** Adds, lists, changes and removes the accounts of a store, whether Sallyport runs on it or not. */
export const account = defineGroup('account', {
  summary: 'add, list, change or remove accounts',
  details: NAME_HELP,
  actions: {
    add,
    list: listAll,
    show: defineAction({
      summary: 'show one account',
      takes: ['NAME'],
      details: NAME_HELP,
      options: {},
      run: ({ positionals: [name = ''], config }, terminal) =>
        withAccounts(config, terminal, undefined, async ({ accounts }) => print(await find(accounts, name), terminal)),
    }),
    password: onAccount('set a new password', `${PASSWORD_HELP}\n\n${ENDS_TOKENS}`, async (task, name) =>
      change(task, name, { password: await readPassword(task.terminal) }),
    ),
    scopes: onAccount(
      'replace the scopes',
      'If the account loses a scope, every token of it ends.',
      (task, name, scopes) => change(task, name, { scopes: scopesOf(scopes) }),
      'SCOPE[,SCOPE ...]',
    ),
    email: onAccount(
      'set or remove the e-mail address',
      'Without ADDRESS, the account no longer has an e-mail address.',
      (task, name, email) => change(task, name, { email: email ?? null }),
      '[ADDRESS]',
    ),
    disable: onAccount('disable an account', ENDS_TOKENS, (task, name) => change(task, name, { disabled: true })),
    enable: onAccount('enable a disabled account', 'Tokens that ended stay ended.', (task, name) =>
      change(task, name, { disabled: false }),
    ),
    unlock: onAccount(
      'forget the wrong passwords that were given for an account',
      'The next attempt with the right password then succeeds at once.',
      unlock,
    ),
    remove: onAccount('remove an account', ENDS_TOKENS, remove),
  },
});

/** An action that changes one account. `value` is what follows its name. */
function onAccount(
  summary: string,
  details: string,
  act: (task: Task, name: string, value: string | undefined) => Promise<void>,
  value?: string,
) {
  return defineAction({
    summary,
    takes: ['NAME', ...(value === undefined ? [] : [value])],
    details: `${NAME_HELP}\n\n${details}`,
    options: { by: BY_OPTION },
    run({ positionals: [name = '', given], values, config }, terminal) {
      const by = operatorOf(readAuthor(values));
      return withAccounts(config, terminal, by, (task) => act(task, name, given));
    },
  });
}

/** @param by who changes something; `undefined` for actions that only read. */
async function withAccounts(
  file: string,
  terminal: Terminal,
  by: Operator | undefined,
  use: (task: Task) => Promise<void>,
  user: StoreUser = 'command',
): Promise<number> {
  const config = requireConfig(file, terminal.env);
  if (user === 'command') requireStore(config.store);
  const issuer = config.issuers.find((one) => one.kind === 'signing');
  if (issuer === undefined) throw new CommandError('sallyport: no issuer has `signing`, so there are no accounts');
  const actor = by ?? operatorOf({ by: undefined });
  const records = openAudit(config, terminal);
  const { audit } = records;
  const withParts = async (store: Store): Promise<void> => {
    const parts = {
      store: { accounts: store.accounts, revocations: revocationsIn(store) },
      passwords: new Passwords(),
      issuer: issuer.name,
      catalogue: config.scopes,
      clock: systemClock,
      audit,
    };
    const forgive = async (account: Account): Promise<void> => {
      // Names are hashed with a key that comes from the secret of our own signing keys.
      const sealer = await openOwnSealer(issuer, config.store, store.signingKeys);
      const digests = new LogInDigests(sealer.deriveKey(LOG_IN_HISTORY));
      await unlockAccount(actor, account, { digests, logInHistory: store.logInHistory, audit });
    };
    await use({ accounts: new Accounts(parts), forgive, terminal, by: actor });
  };
  try {
    await withStore(config.store, withParts, user);
    return 0;
  } finally {
    records.close();
  }
}

async function addAccount(
  { accounts, terminal, by }: Task,
  name: string,
  { scopes, email }: { readonly scopes?: string; readonly email?: string },
): Promise<void> {
  const password = await readPassword(terminal);
  const address = email === undefined ? {} : { email };
  const added = await accounts.add(by, { name, ...address, password, scopes: scopesOf(scopes) });
  if ('outcome' in added) throw new CommandError(`sallyport: ${printable(added.message)}`);
  terminal.out(`added ${added.name} (${added.id})\n`);
}

function print({ name, id, email = '', scopes, disabled, createdAtSeconds }: Account, { out }: Terminal): void {
  const created = new Date(createdAtSeconds * 1000).toISOString();
  const columns = [name, id, created, scopes.join(','), email, disabled ? 'disabled' : ''];
  out(`${columns.map(printable).join('\t').trimEnd()}\n`);
}

async function change({ accounts, terminal, by }: Task, name: string, edit: AccountEdit): Promise<void> {
  const { id } = await find(accounts, name);
  const changed = await accounts.change(by, id, edit);
  if (changed === undefined) throw unknown(name);
  if ('outcome' in changed) throw new CommandError(`sallyport: ${printable(changed.message)}`);
  print(changed, terminal);
}

async function unlock({ accounts, forgive, terminal }: Task, name: string): Promise<void> {
  const found = await find(accounts, name);
  await forgive(found);
  terminal.out(`unlocked ${printable(found.name)}: earlier wrong passwords no longer count\n`);
}

async function remove({ accounts, terminal, by }: Task, name: string): Promise<void> {
  const { id } = await find(accounts, name);
  if ((await accounts.remove(by, id)) !== true) throw unknown(name);
  terminal.out(`removed ${printable(name)}; its tokens have ended\n`);
}

async function find(accounts: Accounts, name: string): Promise<Account> {
  const found = await accounts.find(name);
  if (found === undefined) throw unknown(name);
  return found;
}

function unknown(name: string): CommandError {
  return new CommandError(`sallyport: no account '${printable(name)}'`);
}

function scopesOf(list = ''): readonly string[] {
  return list.split(',').map((scope) => scope.trim());
}
