import { systemClock } from '../app.ts';
import type { Config } from '../config/config.ts';
import { Accounts } from '../tokens/accounts.ts';
import { Passwords } from '../tokens/passwords.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { readPassword } from './password.ts';
import { withStore } from './shared-store.ts';

/** Adds, lists and removes the accounts of a store, also while Sallyport runs on it. */
export const account: Command = {
  summary: 'add, list or remove accounts',
  usage: `usage: sallyport account add NAME --scopes SCOPE[,SCOPE ...] [--config FILE]
       sallyport account list [--config FILE]
       sallyport account remove NAME [--config FILE]

add     asks for the password, or reads one line of standard input where that is no terminal
remove  also ends every token that was issued to the account
`,
  options: { scopes: { type: 'string' } },
  async run(args, terminal) {
    const [action, name, ...rest] = args.positionals;
    const wantsName = action === 'add' || action === 'remove';
    if (!(wantsName || action === 'list')) throw new UsageError('expected add, list or remove');
    if (wantsName === (name === undefined) || rest.length > 0) throw new UsageError('expected one account name');
    return withAccounts(requireConfig(args.config, terminal.env), async (accounts) => {
      if (name === undefined) return list(accounts, terminal);
      return action === 'add' ? add(accounts, name, args, terminal) : remove(accounts, name, terminal);
    });
  },
};

async function withAccounts(config: Config, use: (accounts: Accounts) => Promise<number>): Promise<number> {
  const issuer = config.issuers.find(({ kind }) => kind === 'signing')?.name;
  if (issuer === undefined) throw new CommandError('sallyport: no issuer with `signing`: there are no accounts');
  return withStore(config.store, (store) => {
    const catalogue = new Set(config.scopes.keys());
    const parts = { store, passwords: new Passwords(), issuer, catalogue, clock: systemClock };
    return use(new Accounts(parts));
  });
}

async function add(accounts: Accounts, name: string, { values }: Arguments, terminal: Terminal): Promise<number> {
  const { scopes } = values;
  if (typeof scopes !== 'string' || scopes === '') throw new UsageError('--scopes is missing');
  const password = await readPassword(terminal);
  const names = scopes.split(',').map((scope) => scope.trim());
  const added = await accounts.add({ name, password, scopes: [...new Set(names)] });
  if ('outcome' in added) throw new CommandError(`sallyport: ${added.message}`);
  terminal.out(`added ${added.name} (${added.id})\n`);
  return 0;
}

async function list(accounts: Accounts, { out }: Terminal): Promise<number> {
  for (const { name, id, scopes, createdAtSeconds } of await accounts.list()) {
    out(`${name}\t${id}\t${new Date(createdAtSeconds * 1000).toISOString()}\t${scopes.join(',')}\n`);
  }
  return 0;
}

async function remove(accounts: Accounts, name: string, { out }: Terminal): Promise<number> {
  const account = await accounts.find(name);
  if (account === undefined || !(await accounts.remove(account.id)))
    throw new CommandError(`sallyport: no account '${name}'`);
  out(`removed ${name}; its tokens have ended\n`);
  return 0;
}
