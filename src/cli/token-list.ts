import type { Account } from '../accounts/account.ts';
import { findAccount } from '../accounts/find-account.ts';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import { systemClock } from '../lib/clock.ts';
import { secondOf } from '../lib/time-format.ts';
import { printable } from '../lib/wording.ts';
import type { Store } from '../store/store.ts';
import { everyToken } from '../tokens/every-token.ts';
import { risksOf } from '../tokens/token-risks.ts';
import type { TokenView } from '../tokens/token-views.ts';
import { TokenViews } from '../tokens/token-views.ts';
import type { Arguments, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { printTable } from './terminal/table.ts';

export const LIST_OPTIONS = {
  account: { type: 'string' },
  risky: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const COLUMNS = ['id', 'owner', 'kind', 'scopes', 'created', 'expires', 'last used', 'status', 'risks'] as const;

/** Lists the tokens that were issued to every account, or to one, with what an operator should look at. */
export async function listTokens(args: Arguments, terminal: Terminal): Promise<number> {
  const stray = Object.keys(args.values).find((name) => !(name in LIST_OPTIONS) && !['config', 'help'].includes(name));
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with list`);
  const { account: name, risky, json } = args.values;
  const config = requireConfig(args.config, terminal.env);
  const issuer = config.issuers.find(({ kind }) => kind === 'signing')?.name;
  if (issuer === undefined)
    throw new CommandError('sallyport: no issuer with `signing`: there are no tokens of our own');
  requireStore(config.store);
  return withStore(config.store, async (store) => {
    const { tokens, revocations } = store;
    const views = new TokenViews({ issuer, tokens, revocations, clock: systemClock });
    const rows: Row[] = [];
    for (const owner of await ownersIn(store, name)) {
      for await (const view of everyToken(views, owner.id)) rows.push(rowOf(owner, view));
    }
    const shown = risky === true ? rows.filter(({ risks }) => risks.length > 0) : rows;
    print(shown, json === true, terminal);
    return 0;
  });
}

async function ownersIn({ accounts }: Store, name: string | boolean | undefined): Promise<readonly Account[]> {
  if (typeof name !== 'string') return await accounts.list();
  const account = await findAccount(accounts, name);
  if (account === undefined) throw new CommandError(`sallyport: no account '${printable(name)}'`);
  return [account];
}

type Row = ReturnType<typeof rowOf>;

function rowOf(owner: Account, view: TokenView) {
  const { id, use, name, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, status } = view;
  return {
    id,
    owner: owner.name,
    kind: use,
    name: name ?? null,
    scopes,
    created: secondOf(createdAtSeconds),
    expires: secondOf(expiresAtSeconds),
    lastUsed: lastUsedAtSeconds === undefined ? null : secondOf(lastUsedAtSeconds),
    status,
    risks: risksOf(view, systemClock.wallMs() / 1000),
  };
}

function print(rows: readonly Row[], json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const lines = rows.map(({ id, owner, kind, scopes, created, expires, lastUsed, status, risks }) => {
    return [id, owner, kind, scopes.join(','), created, expires, lastUsed ?? 'never', status, risks.join(', ')];
  });
  printTable([COLUMNS, ...lines], terminal);
}
