import { withUseCases } from '../app/command-use-cases.ts';
import { counted } from '../lib/time-format.ts';
import type { BasicRoute, BasicUser, MigrationReport } from '../tokens/migration-report.ts';
import { MAX_REPORTED_DAYS } from '../tokens/migration-report.ts';
import { requireConfig, UsageError } from './command.ts';
import { defineCommand } from './command-definition.ts';
import { show } from './terminal/json.ts';
import { tableOf } from './terminal/table.ts';

const DEFAULT_DAYS = 30;
const HEADINGS = ['account', 'route', 'passed', 'denied', 'last', 'last used a token'];

/** Shows what remains to be done before routes can refuse Basic. */
export const migration = defineCommand('migration', {
  summary: 'show which accounts still use Basic on routes, and with which errors',
  takes: [],
  details: `For each account that used Basic: the routes, how often it was allowed, why it was denied, when it last used
Basic, and when it last used a token other than a login token. Names that belong to no account are counted
together as (no account).

Instances write their counts to the store once a minute. The store keeps them for ${MAX_REPORTED_DAYS} days.`,
  json: '{days, since, basic, accounts, others}',
  options: {
    days: {
      type: 'string',
      placeholder: 'N',
      help: `how many days to look back, including today (UTC); by default ${DEFAULT_DAYS}`,
    },
  },
  async run({ config: file, values }, terminal) {
    const days = readDays(values.days);
    const config = requireConfig(file, terminal.env);
    const report = await withUseCases(config, terminal.err, (useCases) => useCases.reportMigration(days));
    show(terminal, report, () => textOf(report));
    return 0;
  },
});

function readDays(text = String(DEFAULT_DAYS)): number {
  const days = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= MAX_REPORTED_DAYS) return days;
  throw new UsageError(`--days takes a whole number from 1 to ${MAX_REPORTED_DAYS}`);
}

function textOf(report: MigrationReport): string {
  const { accounts, days, others, since } = report;
  const known = accounts.filter(({ id }) => id !== null);
  const users = known.filter(({ routes }) => routes.some(({ passed }) => passed > 0));
  const hybrids = users.filter(({ tokenLastUsed }) => tokenLastUsed !== null && tokenLastUsed >= since).length;
  const summary = `${basicWords(report)}
In the last ${counted(days, 'day')}, ${counted(users.length, 'account')} used Basic successfully (${hybrids} of them also used tokens), \
${known.length - users.length} used it without success, and ${others} did not use it.
`;
  if (accounts.length === 0) return summary;
  const rows = accounts.flatMap((user) => user.routes.map((route) => rowOf(user, route)));
  return `${summary}\n${tableOf([HEADINGS, ...rows])}`;
}

function basicWords({ basic: { routes, sunset, ended } }: MigrationReport): string {
  if (routes === 0) return 'No route accepts Basic.';
  if (sunset === null) return `${counted(routes, 'route')} can be reached with Basic; no sunset is set.`;
  return `${counted(routes, 'route')} ${ended ? 'could' : 'can'} be reached with Basic until ${sunset}.`;
}

function rowOf({ id, name, tokenLastUsed }: BasicUser, { route, passed, denied, last }: BasicRoute): string[] {
  const who = id === null ? '(no account)' : (name ?? `(removed: ${id})`);
  const denials = Object.entries(denied).map(([code, count]) => `${count} ${code}`);
  return [who, route ?? '(no route)', String(passed), denials.join(', ') || '-', last, tokenLastUsed ?? '-'];
}
