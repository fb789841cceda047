import { requireStore, withStore } from '../app/command-use-cases.ts';
import { systemClock } from '../lib/clock.ts';
import { counted } from '../lib/time-format.ts';
import type { BasicRoute, BasicUser, MigrationReport } from '../tokens/migration-report.ts';
import { reportMigration } from '../tokens/migration-report.ts';
import { BASIC_USES_KEPT_DAYS } from '../verification/basic/basic-use.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { requireConfig, UsageError } from './command.ts';
import { printTable } from './terminal/table.ts';

const DEFAULT_DAYS = 30;
const HEADINGS = ['account', 'route', 'passed', 'denied', 'last', 'last used a token'];

/** Shows what is left to do before routes can do without Basic. */
export const migration: Command = {
  summary: 'show who still uses Basic on routes, and with what errors',
  usage: `usage: sallyport migration [--days N] [--json] [--config FILE]

Who came with Basic: on which routes, how often it passed, what it was denied for, when it came last, and when the
account last used a token, those of a log-in apart. Names that are no account's are counted together, as (nobody).
Instances count, and write to the store once a minute; what they wrote is kept for ${BASIC_USES_KEPT_DAYS} days.

--days        how many days to look back, today (UTC) included; by default ${DEFAULT_DAYS}
--json        for programs
`,
  options: { days: { type: 'string' }, json: { type: 'boolean' } },
  async run(args, terminal) {
    if (args.positionals.length > 0) throw new UsageError('expected options alone');
    const days = readDays(args);
    const config = requireConfig(args.config, terminal.env);
    requireStore(config.store);
    return withStore(config.store, async (store) => {
      const report = await reportMigration(store, { config, days, nowMs: systemClock.wallMs() });
      if (args.values['json'] === true) terminal.out(`${JSON.stringify(report, null, 2)}\n`);
      else print(report, terminal);
      return 0;
    });
  },
};

function readDays({ values }: Arguments): number {
  const text = values['days'] ?? String(DEFAULT_DAYS);
  const days = typeof text === 'string' && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= BASIC_USES_KEPT_DAYS) return days;
  throw new UsageError(`--days takes a whole number from 1 to ${BASIC_USES_KEPT_DAYS}`);
}

function print(report: MigrationReport, terminal: Terminal): void {
  const { accounts, days, others, since } = report;
  const known = accounts.filter(({ id }) => id !== null);
  const users = known.filter(({ routes }) => routes.some(({ passed }) => passed > 0));
  const hybrids = users.filter(({ tokenLastUsed }) => tokenLastUsed !== null && tokenLastUsed >= since).length;
  terminal.out(`${basicWords(report)}
In the last ${counted(days, 'day')} ${counted(users.length, 'account')} passed with Basic, ${hybrids} of them with tokens as well; \
${counted(known.length - users.length, 'account')} came and never passed; ${counted(others, 'account')} did not come.
`);
  if (accounts.length === 0) return;
  terminal.out('\n');
  printTable([HEADINGS, ...accounts.flatMap((user) => user.routes.map((route) => rowOf(user, route)))], terminal);
}

function basicWords({ basic: { routes, sunset, ended } }: MigrationReport): string {
  if (routes === 0) return 'No route takes Basic.';
  if (sunset === null) return `${counted(routes, 'route')} can be reached with Basic; no sunset is set.`;
  return `${counted(routes, 'route')} ${ended ? 'could' : 'can'} be reached with Basic until ${sunset}.`;
}

function rowOf({ id, name, tokenLastUsed }: BasicUser, { route, passed, denied, last }: BasicRoute): string[] {
  const who = id === null ? '(nobody)' : (name ?? `(removed: ${id})`);
  const denials = Object.entries(denied).map(([code, count]) => `${count} ${code}`);
  return [who, route ?? '(no route)', String(passed), denials.join(', ') || '-', last, tokenLastUsed ?? '-'];
}
