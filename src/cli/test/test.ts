import { openTestRun } from '../../app/test-run/test-run.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import type { TestCase } from '../../config/tests/test-case.ts';
import { readTestFile } from '../../config/tests/test-file.ts';
import { systemClock } from '../../lib/clock.ts';
import { quote } from '../../lib/wording.ts';
import type { Terminal } from '../command.ts';
import { CommandError, ConfigError, UsageError } from '../command.ts';
import { defineCommand } from '../command-definition.ts';
import { show } from '../terminal/json.ts';
import { differencesOf } from './judgement.ts';
import type { JudgedCase, Report } from './report.ts';
import { isFailed, reportText, reportView } from './report.ts';
import { untestedRoutes } from './untested-routes.ts';

/** Decides requests of a file with the configuration, and compares the decisions with what the file expects. */
export const test = defineCommand('test', {
  summary: 'decide the requests of test files, and compare with what they expect',
  forms: ['[--filter TEXT] [--coverage] FILE...'],
  details: `Decides each request with the routes, issuers and rules of the configuration, as the ext_authz listener
would. Opens no store, no connection and no secret: accounts, tokens and revocations are made in memory for each
case, and each issuer accepts keys that this command makes. What a test file contains: docs/testing.md.

Prints a line for each failed case, and the steps of its decision; then the routes that no case reaches. Exits
with 1 if a case fails.`,
  json: '{passed, failed, cases: [{file, line, name, passed, differences, found, steps, entries}], untested}; a difference is {what, expected, found}; found is {outcome, reason, status, scope, route, shadow, identity}; untested is [{methods, hosts, path, file, line}], or null with --filter',
  options: {
    filter: { type: 'string', placeholder: 'TEXT', help: 'only the cases whose name contains this text' },
    coverage: { type: 'boolean', help: 'exit with 1 if no case reaches a route' },
  },
  async run({ config: file, positionals: files, values }, terminal) {
    const { filter, coverage = false } = values;
    if (files.length === 0) throw new UsageError('FILE is missing');
    if (filter === '') throw new UsageError('--filter needs a text');
    if (filter !== undefined && coverage) throw new UsageError('--filter and --coverage cannot be used together');
    const config = requireTested(file, terminal);
    const chosen = readAll(files, config).map((cases) => cases.filter(({ name }) => name.includes(filter ?? '')));
    if (chosen.flat().length === 0) throw new CommandError(`sallyport: no case has ${quote(filter ?? '')} in its name`);
    const cases = await judgeAll(chosen, config);
    const reached = new Set(cases.map(({ found }) => found.route));
    const untested = filter === undefined ? untestedRoutes(config, reached) : undefined;
    const report: Report = { cases, routes: config.routes.length, untested };
    show(terminal, reportView(report), () => reportText(report));
    return cases.some(isFailed) || (coverage && (untested ?? []).length > 0) ? 1 : 0;
  },
});

/** Secrets need not be there: none is used. */
function requireTested(file: string, { env }: Terminal): Config {
  const loaded = loadConfig(file, env, { withoutSecrets: true });
  if (!loaded.ok) throw new ConfigError(loaded.problems);
  return loaded.config;
}

/** The cases of each file. Throws a {@link ConfigError} with the problems of all files. */
function readAll(files: readonly string[], config: Config): readonly (readonly TestCase[])[] {
  const read = files.map((file) => readTestFile(file, config));
  const problems = read.flatMap((one) => (one.outcome === 'unreadable' ? one.problems : []));
  if (problems.length > 0) throw new ConfigError(problems);
  return read.map((one) => (one.outcome === 'read' ? one.cases : []));
}

/** Each file has a run of its own, so that a case means the same whatever other files there are. */
async function judgeAll(files: readonly (readonly TestCase[])[], config: Config): Promise<readonly JudgedCase[]> {
  const presentMs = systemClock.wallMs();
  const judged: JudgedCase[] = [];
  for (const cases of files) {
    const run = openTestRun(config, presentMs);
    try {
      for (const one of cases) {
        const found = await run.decide(one);
        judged.push({ test: one, found, differences: differencesOf(one.expect, found) });
      }
    } finally {
      await run.close();
    }
  }
  return judged;
}
