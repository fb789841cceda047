import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import type { Problem } from '../config/reading/problems.ts';
import { formatProblems } from '../config/reading/problems.ts';
import { checkEnvoy } from '../envoy-config/check-envoy.ts';
import { counted } from '../lib/time-format.ts';
import type { Terminal } from './command.ts';
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

With --envoy it also checks the Envoy in front: a problem is what lets requests pass that Sallyport did not allow,
or keeps an answer too long; a warning is what denies good requests or only costs time. FILE is YAML or JSON: a
bootstrap, a listener, a cluster, a route configuration, or what Envoy's /config_dump prints. Name --envoy once for
each file. What the files do not contain, such as listeners by xDS, is listed as not checked.

Opens no listener, no store and no connection. The variables and files that the configuration names must
exist, unless --without-secrets says otherwise.`,
  json: '{file, valid, problems, warnings, unchecked, unseen, counts, files}; files counts the routes of each file; unseen is what the files of --envoy do not contain; a problem, a warning or an entry of unseen is {file, line, column, path, message}',
  options: {
    envoy: {
      type: 'string',
      placeholder: 'FILE',
      multiple: true,
      help: "also check a file of Envoy's configuration; may be given several times",
    },
    strict: { type: 'boolean', help: 'exit with 1 if there is a warning' },
    'without-secrets': {
      type: 'boolean',
      help: 'variables and files of secrets and certificates may be absent; what is there is checked',
    },
  },
  run({ config: file, values }, terminal) {
    const loaded = loadConfig(file, terminal.env, { withoutSecrets: values['without-secrets'] === true });
    if (!loaded.ok) {
      refuse(file, loaded.problems, NOTHING, terminal);
      return Promise.resolve(1);
    }
    const envoyFiles = values.envoy ?? [];
    const envoy = envoyFiles.length === 0 ? NOTHING : checkEnvoy(envoyFiles, loaded.config);
    const warnings = [...loaded.warnings, ...envoy.warnings];
    if (terminal.json !== true) {
      for (const warning of warnings) terminal.err(`warning: ${formatProblems([warning])}\n`);
      for (const part of envoy.unseen) terminal.err(`not checked: ${formatProblems([part])}\n`);
    }
    if (envoy.problems.length > 0) {
      refuse(file, envoy.problems, { warnings, unseen: envoy.unseen }, terminal);
      return Promise.resolve(1);
    }
    const found = { warnings, unseen: envoy.unseen };
    show(terminal, viewOf(file, loaded, found), () => textOf(file, loaded, envoyFiles));
    return Promise.resolve(values.strict === true && warnings.length > 0 ? 1 : 0);
  },
});

/** What is reported besides problems. */
interface Remarks {
  readonly warnings: readonly Problem[];
  readonly unseen: readonly Problem[];
}

const NOTHING = { problems: [], warnings: [], unseen: [] } as const;

/** Throws a {@link ConfigError} with the problems; with `--json` prints a document instead. */
function refuse(file: string, problems: readonly Problem[], { warnings, unseen }: Remarks, terminal: Terminal): void {
  if (terminal.json !== true) throw new ConfigError(problems);
  show(terminal, { file, valid: false, problems, warnings, unchecked: [], unseen, counts: null, files: null }, '');
}

type Valid = Loaded & { readonly ok: true };

function viewOf(file: string, { config, unchecked }: Valid, { warnings, unseen }: Remarks) {
  const { routes, issuers, scopes, resources } = config;
  const counts = {
    routes: routes.length,
    issuers: issuers.length,
    scopes: scopes.size,
    resources: resources.length,
  };
  const files = Object.fromEntries(routesByFile(config));
  return { file, valid: true, problems: [], warnings, unchecked, unseen, counts, files };
}

function textOf(file: string, { config, unchecked }: Valid, envoyFiles: readonly string[]): string {
  const { routes, issuers, scopes, resources } = config;
  const counts = [counted(routes.length, 'route'), counted(issuers.length, 'issuer'), counted(scopes.size, 'scope')];
  if (resources.length > 0) counts.push(counted(resources.length, 'resource'));
  const left = unchecked.length === 0 ? '' : `; not checked, because absent: ${unchecked.join(', ')}`;
  // Of a configuration in one file, the first line says everything.
  const files = routesByFile(config);
  const rows = files.size < 2 ? [] : Array.from(files, ([from, count]) => `  ${from}: ${counted(count, 'route')}\n`);
  const envoy = envoyFiles.length === 0 ? '' : `${envoyFiles.join(', ')}: Envoy asks Sallyport; no problem found\n`;
  return `${file}: valid: ${counts.join(', ')}${left}\n${rows.join('')}${envoy}`;
}

/** How many routes each file has, by its name. */
function routesByFile({ routePlaces }: Config): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { file } of routePlaces.values()) counts.set(file, (counts.get(file) ?? 0) + 1);
  return counts;
}
