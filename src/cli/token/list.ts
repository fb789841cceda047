import type { Account } from '../../accounts/account.ts';
import type { AccountStore } from '../../accounts/account-store.ts';
import { findAccount } from '../../accounts/find-account.ts';
import { withUseCases } from '../../app/command-use-cases.ts';
import { systemClock } from '../../lib/clock.ts';
import { secondOf } from '../../lib/time-format.ts';
import { printable } from '../../lib/wording.ts';
import { everyToken } from '../../tokens/every-token.ts';
import { formOf } from '../../tokens/token.ts';
import { risksOf } from '../../tokens/token-risks.ts';
import type { TokenView, TokenViews } from '../../tokens/token-views.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { show } from '../terminal/json.ts';
import { tableOf } from '../terminal/table.ts';

const COLUMNS = [
  'id',
  'owner',
  'kind',
  'name',
  'scopes',
  'created',
  'expires',
  'last used',
  'status',
  'risks',
] as const;

/** Lists the tokens that were issued to every account, or to one, with the risks that an operator should look at. */
export const listTokens = defineAction({
  summary: 'list the tokens that were issued, the newest first',
  takes: [],
  details: `A token is risky while it is active and
  - has the scope all:any,
  - is valid for more than 90 days,
  - was neither used nor created in the last 30 days, or
  - was used in the last 7 days, ends within 7 days, and was made for 28 days or more.`,
  json: '[{id, owner, kind, form, name, keyHash, refreshes, scopes, created, expires, lastUsed, status, risks}]',
  options: {
    account: { type: 'string', placeholder: 'NAME', help: 'only the tokens of this account; by default of all' },
    risky: { type: 'boolean', help: 'only risky tokens' },
  },
  async run({ values: { account: name, risky }, config: file }, terminal) {
    const config = requireConfig(file, terminal.env);
    const rows = await withUseCases(config, terminal.err, ({ accountStore, tokenViews }) =>
      rowsOf(accountStore, tokenViews, name),
    );
    const shown = risky === true ? rows.filter(({ risks }) => risks.length > 0) : rows;
    show(terminal, shown, () => textOf(shown));
    return 0;
  },
});

async function rowsOf(accounts: AccountStore, views: TokenViews, name: string | undefined): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const owner of await ownersIn(accounts, name)) {
    for await (const view of everyToken(views, owner.id)) rows.push(rowOf(owner, view));
  }
  return rows;
}

async function ownersIn(accounts: AccountStore, name: string | undefined): Promise<readonly Account[]> {
  if (name === undefined) return await accounts.list();
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
    form: formOf(view),
    name: name ?? null,
    keyHash: view.keyHash ?? null,
    refreshes: view.refreshes ?? null,
    scopes,
    created: secondOf(createdAtSeconds),
    expires: secondOf(expiresAtSeconds),
    lastUsed: lastUsedAtSeconds === undefined ? null : secondOf(lastUsedAtSeconds),
    status,
    risks: risksOf(view, systemClock.wallMs() / 1000),
  };
}

function textOf(rows: readonly Row[]): string {
  const lines = rows.map(({ id, owner, kind, form, name, scopes, created, expires, lastUsed, status, risks }) => {
    return [
      id,
      owner,
      form === 'key' ? 'API key' : kind,
      name === null ? '-' : printable(name),
      scopes.join(','),
      created,
      expires,
      lastUsed ?? 'never',
      status,
      risks.join(', '),
    ];
  });
  return tableOf([COLUMNS, ...lines]);
}
