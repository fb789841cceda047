import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblems } from '../config/reading/problems.ts';
import { counted } from '../lib/time-format.ts';
import { ConfigError } from './command.ts';
import { defineCommand } from './command-definition.ts';
import { show } from './terminal/json.ts';

/** Validates a configuration without opening anything. */
export const check = defineCommand('check', {
  summary: 'validate a configuration offline',
  takes: [],
  details: `Prints every problem with its line and exits with 1. If there is none, prints a summary and exits with 0.
Warns of what is valid but surely not meant: a route that requires less than another one for the same path, or
that denies every request; a scope or an issuer that nothing uses; a host whose routes hide wider ones; ':' at
the start of a segment; a token service on every address without TLS; a resource whose metadata clients cannot
read, or whose tokens pass on other routes too.

Opens no listener, no store and no connection. The variables and files that the configuration names must
exist, unless --without-secrets says otherwise.`,
  json: '{file, valid, problems, warnings, unchecked, counts, files}; files counts the routes of each file; a problem or warning is {file, line, column, path, message}',
  options: {
    strict: { type: 'boolean', help: 'exit with 1 if there is a warning' },
    'without-secrets': {
      type: 'boolean',
      help: 'variables and files of secrets and certificates may be absent; what is there is checked',
    },
  },
  run({ config: file, values }, terminal) {
    const loaded = loadConfig(file, terminal.env, { withoutSecrets: values['without-secrets'] === true });
    if (!loaded.ok) {
      if (terminal.json !== true) throw new ConfigError(loaded.problems);
      const { problems } = loaded;
      show(terminal, { file, valid: false, problems, warnings: [], unchecked: [], counts: null, files: null }, '');
      return Promise.resolve(1);
    }
    const { config, warnings, unchecked } = loaded;
    const { routes, issuers, scopes, resources } = config;
    if (terminal.json !== true) {
      for (const warning of warnings) terminal.err(`warning: ${formatProblems([warning])}\n`);
    }
    const counts = [counted(routes.length, 'route'), counted(issuers.length, 'issuer'), counted(scopes.size, 'scope')];
    if (resources.length > 0) counts.push(counted(resources.length, 'resource'));
    const numbers = {
      routes: routes.length,
      issuers: issuers.length,
      scopes: scopes.size,
      resources: resources.length,
    };
    const files = routesByFile(config);
    const view = {
      file,
      valid: true,
      problems: [],
      warnings,
      unchecked,
      counts: numbers,
      files: Object.fromEntries(files),
    };
    const left = unchecked.length === 0 ? '' : `; not checked, because absent: ${unchecked.join(', ')}`;
    // Of a configuration in one file, the first line says everything.
    const rows = files.size < 2 ? [] : Array.from(files, ([from, count]) => `  ${from}: ${counted(count, 'route')}\n`);
    show(terminal, view, `${file}: valid: ${counts.join(', ')}${left}\n${rows.join('')}`);
    return Promise.resolve(values.strict === true && warnings.length > 0 ? 1 : 0);
  },
});

/** How many routes each file has, by its name. */
function routesByFile({ routePlaces }: Config): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { file } of routePlaces.values()) counts.set(file, (counts.get(file) ?? 0) + 1);
  return counts;
}
