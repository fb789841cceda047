import type { Account } from '../accounts/account.ts';
import type { AccountEdit } from '../accounts/accounts.ts';
import { Accounts } from '../accounts/accounts.ts';
import { LOG_IN_HISTORY, LogInDigests } from '../accounts/guesses/log-in-digests.ts';
import { Passwords } from '../accounts/passwords/passwords.ts';
import { openAudit } from '../app/command-audit.ts';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import { operatorOf } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Config, OwnIssuer, StoreConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import type { StoreUser } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { readPassword } from './terminal/password.ts';

/** What an action works with. */
interface Task {
  readonly accounts: Accounts;
  /** Forgets the wrong passwords that were given for an account. */
  readonly forgive: (account: Account) => Promise<void>;
  /** Writes the audit record, into a log that is opened for it. */
  audit(write: (audit: AuditLog) => void): void;
  readonly terminal: Terminal;
  readonly args: Arguments;
}

interface Action {
  /** What follows the account's name. */
  readonly takes?: 'value' | 'maybe a value';
  run(task: Task, name: string, value: string | undefined): Promise<void>;
}

/** Each begins with the name, or the e-mail address, of an account. */
const ACTIONS: Readonly<Record<string, Action>> = {
  add: { run: add },
  show: { run: async ({ accounts, terminal }, name) => print(await find(accounts, name), terminal) },
  password: { run: async (task, name) => change(task, name, { password: await readPassword(task.terminal) }) },
  scopes: { takes: 'value', run: (task, name, value) => change(task, name, { scopes: scopesOf(value) }) },
  email: { takes: 'maybe a value', run: (task, name, value) => change(task, name, { email: value ?? null }) },
  disable: { run: (task, name) => change(task, name, { disabled: true }) },
  enable: { run: (task, name) => change(task, name, { disabled: false }) },
  unlock: { run: unlock },
  remove: { run: remove },
};

const ACTION_NAMES = ['list', ...Object.keys(ACTIONS)];

/** Adds, lists, changes and removes the accounts of a store, also while Sallyport runs on it. */
export const account: Command = {
  summary: 'add, list, change or remove accounts',
  usage: `usage: sallyport account add NAME --scopes SCOPE[,SCOPE ...] [--email ADDRESS] [--config FILE]
       sallyport account list [--config FILE]
       sallyport account show|password|disable|enable|unlock|remove NAME [--config FILE]
       sallyport account scopes NAME SCOPE[,SCOPE ...] [--config FILE]
       sallyport account email NAME [ADDRESS] [--config FILE]

add, password  ask for the password, or read one line of standard input where that is no terminal
password       and also a scope less, disable and remove end every token of the account, and what is remembered of its
               password, on every instance
unlock         forgets the wrong passwords that were given for the account, so that whoever knows it need not wait
email          without an address the account has none
NAME may be the e-mail address as well.
`,
  options: { scopes: { type: 'string' }, email: { type: 'string' } },
  async run(args, terminal) {
    const [name = '', who, value, ...rest] = args.positionals;
    const action = ACTIONS[name];
    if (action === undefined && name !== 'list') throw new UsageError(`expected ${ACTION_NAMES.join(', ')}`);
    if ((who === undefined) !== (action === undefined) || rest.length > 0)
      throw new UsageError('expected one account name');
    checkValue(action, value);
    const config = requireConfig(args.config, terminal.env);
    // The first account of a store may be made before Sallyport runs; whatever else is asked needs a store.
    const user = name === 'add' ? 'first command' : 'command';
    if (user === 'command') requireStore(config.store);
    const run = async (work: Work): Promise<void> => {
      if (action === undefined || who === undefined) await list(work.accounts, terminal);
      else await action.run({ ...work, terminal, args }, who, value);
    };
    await withAccounts(config, terminal, run, user);
    return 0;
  },
};

function checkValue(action: Action | undefined, value: string | undefined): void {
  if (action?.takes === 'value' && value === undefined) throw new UsageError('expected scopes after the name');
  if (action?.takes === undefined && value !== undefined) throw new UsageError('expected one account name');
}

type Work = Pick<Task, 'accounts' | 'forgive' | 'audit'>;

async function withAccounts(
  config: Config,
  terminal: Terminal,
  use: (work: Work) => Promise<void>,
  user: StoreUser,
): Promise<void> {
  const issuer = config.issuers.find((one) => one.kind === 'signing');
  if (issuer === undefined) throw new CommandError('sallyport: no issuer with `signing`: there are no accounts');
  const withParts = async (store: Store): Promise<void> => {
    const parts = {
      store,
      passwords: new Passwords(),
      issuer: issuer.name,
      catalogue: config.scopes,
      clock: systemClock,
    };
    const forgive = (account: Account): Promise<void> => forgiveGuesses(account, issuer, config.store, store);
    const audit: Task['audit'] = (write) => writeAudit(config, terminal, write);
    await use({ accounts: new Accounts(parts), forgive, audit });
  };
  await withStore(config.store, withParts, user);
}

function writeAudit(config: Config, terminal: Terminal, write: (audit: AuditLog) => void): void {
  const records = openAudit(config, terminal);
  try {
    write(records.audit);
  } finally {
    records.close();
  }
}

async function add({ accounts, audit, terminal, args }: Task, name: string): Promise<void> {
  const { scopes, email } = args.values;
  if (typeof scopes !== 'string' || scopes === '') throw new UsageError('--scopes is missing');
  const password = await readPassword(terminal);
  const address = typeof email === 'string' ? { email } : {};
  const added = await accounts.add({ name, ...address, password, scopes: scopesOf(scopes) });
  if ('outcome' in added) throw new CommandError(`sallyport: ${printable(added.message)}`);
  audit((log) => log.accountAdded(operatorOf({ by: undefined }), added));
  terminal.out(`added ${added.name} (${added.id})\n`);
}

async function list(accounts: Accounts, terminal: Terminal): Promise<void> {
  for (const one of await accounts.list()) print(one, terminal);
}

function print({ name, id, email = '', scopes, disabled, createdAtSeconds }: Account, { out }: Terminal): void {
  const created = new Date(createdAtSeconds * 1000).toISOString();
  const columns = [name, id, created, scopes.join(','), email, disabled ? 'disabled' : ''];
  out(`${columns.map(printable).join('\t').trimEnd()}\n`);
}

async function change({ accounts, audit, terminal }: Task, name: string, edit: AccountEdit): Promise<void> {
  const { id } = await find(accounts, name);
  const changed = await accounts.change(id, edit);
  if (changed === undefined) throw unknown(name);
  if ('outcome' in changed) throw new CommandError(`sallyport: ${printable(changed.message)}`);
  audit((log) => log.accountChanged(operatorOf({ by: undefined }), changed, Object.keys(edit)));
  print(changed, terminal);
}

/** Names are hashed with a key that comes from the secret of our own signing keys. */
async function forgiveGuesses(account: Account, issuer: OwnIssuer, config: StoreConfig, store: Store): Promise<void> {
  const sealer = await openOwnSealer(issuer, config, store.signingKeys);
  const digests = new LogInDigests(sealer.deriveKey(LOG_IN_HISTORY));
  for (const name of digests.ofNames(account)) await store.logInHistory.forgive(name);
}

async function unlock({ accounts, forgive, audit, terminal }: Task, name: string): Promise<void> {
  const found = await find(accounts, name);
  await forgive(found);
  audit((log) => log.accountUnlocked(operatorOf({ by: undefined }), found.id));
  terminal.out(`unlocked ${printable(found.name)}: wrong passwords that were given before do not count any more\n`);
}

async function remove({ accounts, audit, terminal }: Task, name: string): Promise<void> {
  const { id } = await find(accounts, name);
  if ((await accounts.remove(id)) !== true) throw unknown(name);
  audit((log) => log.accountRemoved(operatorOf({ by: undefined }), id));
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
