import type { Account } from '../../accounts/account.ts';
import type { AccountEdit, Accounts } from '../../accounts/accounts.ts';
import type { CommandUseCases } from '../../app/command-use-cases.ts';
import { withUseCases } from '../../app/command-use-cases.ts';
import type { Operator } from '../../audit/actor.ts';
import { operatorOf } from '../../audit/actor.ts';
import { printable } from '../../lib/wording.ts';
import type { Terminal } from '../command.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction, defineGroup } from '../command-definition.ts';
import { BY_OPTION, CONFIRM_OPTION, readAuthor } from '../operator.ts';
import { confirm } from '../terminal/confirm.ts';
import { show } from '../terminal/json.ts';
import { readPassword } from '../terminal/password.ts';

const ACCOUNT_JSON = '{name, id, created, scopes, email, disabled}';

/** What an action works with. */
interface Task {
  readonly useCases: CommandUseCases;
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
  json: ACCOUNT_JSON,
  options: {
    scopes: { type: 'string', placeholder: 'SCOPE[,SCOPE ...]', help: 'what its tokens may do', required: true },
    email: { type: 'string', placeholder: 'ADDRESS', help: 'its e-mail address, with which it can log in too' },
    by: BY_OPTION,
  },
  run({ positionals: [name = ''], values, config }, terminal) {
    const by = operatorOf(readAuthor(values));
    // The first account of a store may be added before Sallyport runs; all other actions need a store.
    const addOne = (useCases: CommandUseCases) => addAccount({ useCases, terminal, by }, name, values);
    return withAccounts(config, terminal, addOne, 'first command');
  },
});

const listAll = defineAction({
  summary: 'list all accounts: name, id, time of creation, scopes, e-mail address, whether disabled',
  takes: [],
  json: `[${ACCOUNT_JSON}]`,
  options: {},
  run: ({ config }, terminal) =>
    withAccounts(config, terminal, async ({ accounts }) => {
      const all = await accounts.list();
      show(terminal, all.map(viewOf), () => all.map(lineOf).join(''));
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
      json: ACCOUNT_JSON,
      options: {},
      run: ({ positionals: [name = ''], config }, terminal) =>
        withAccounts(config, terminal, async ({ accounts }) => print(await find(accounts, name), terminal)),
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
    remove: defineAction({
      summary: 'remove an account',
      takes: ['NAME'],
      details: `${NAME_HELP}\n\n${ENDS_TOKENS} It cannot be undone.`,
      json: ACCOUNT_JSON,
      options: { by: BY_OPTION, yes: CONFIRM_OPTION },
      run({ positionals: [name = ''], values, config }, terminal) {
        const by = operatorOf(readAuthor(values));
        const isConfirmed = values.yes === true;
        return withAccounts(config, terminal, (useCases) => remove({ useCases, terminal, by }, name, isConfirmed));
      },
    }),
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
    json: ACCOUNT_JSON,
    options: { by: BY_OPTION },
    run({ positionals: [name = '', given], values, config }, terminal) {
      const by = operatorOf(readAuthor(values));
      return withAccounts(config, terminal, (useCases) => act({ useCases, terminal, by }, name, given));
    },
  });
}

async function withAccounts(
  file: string,
  terminal: Terminal,
  use: (useCases: CommandUseCases) => Promise<void>,
  user: 'command' | 'first command' = 'command',
): Promise<number> {
  const config = requireConfig(file, terminal.env);
  if (!config.issuers.some(({ kind }) => kind === 'signing'))
    throw new CommandError('sallyport: no issuer has `signing`, so there are no accounts');
  await withUseCases(config, terminal.err, use, user);
  return 0;
}

async function addAccount(
  { useCases: { accounts }, terminal, by }: Task,
  name: string,
  { scopes, email }: { readonly scopes?: string; readonly email?: string },
): Promise<void> {
  const password = await readPassword(terminal);
  const address = email === undefined ? {} : { email };
  const added = await accounts.add(by, { name, ...address, password, scopes: scopesOf(scopes) });
  if ('outcome' in added) throw new CommandError(`sallyport: ${printable(added.message)}`);
  show(terminal, viewOf(added), `added ${added.name} (${added.id})\n`);
}

function print(account: Account, terminal: Terminal): void {
  show(terminal, viewOf(account), lineOf(account));
}

function viewOf({ name, id, email, scopes, disabled, createdAtSeconds }: Account) {
  const created = new Date(createdAtSeconds * 1000).toISOString();
  return { name, id, created, scopes, email: email ?? null, disabled };
}

function lineOf(account: Account): string {
  const { name, id, created, scopes, email, disabled } = viewOf(account);
  const columns = [name, id, created, scopes.join(','), email ?? '', disabled ? 'disabled' : ''];
  return `${columns.map(printable).join('\t').trimEnd()}\n`;
}

async function change({ useCases: { accounts }, terminal, by }: Task, name: string, edit: AccountEdit): Promise<void> {
  const account = await find(accounts, name);
  const changed = await accounts.change(by, account, edit);
  if (changed === undefined) throw unknown(name);
  if ('outcome' in changed) throw new CommandError(`sallyport: ${printable(changed.message)}`);
  print(changed, terminal);
}

async function unlock({ useCases, terminal, by }: Task, name: string): Promise<void> {
  const found = await find(useCases.accounts, name);
  await useCases.unlockAccount(by, found);
  show(terminal, viewOf(found), `unlocked ${printable(found.name)}: earlier wrong passwords no longer count\n`);
}

async function remove(
  { useCases: { accounts }, terminal, by }: Task,
  name: string,
  isConfirmed: boolean,
): Promise<void> {
  const found = await find(accounts, name);
  const what = `this removes the account ${printable(found.name)} (${found.id}) and ends its tokens`;
  await confirm(what, isConfirmed, terminal);
  if ((await accounts.remove(by, found.id)) !== true) throw unknown(name);
  show(terminal, viewOf(found), `removed ${printable(name)}; its tokens have ended\n`);
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
