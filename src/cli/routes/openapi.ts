import type { Config } from '../../config/config.ts';
import { needsText } from '../../core/scope.ts';
import { counted } from '../../lib/time-format.ts';
import { printable } from '../../lib/wording.ts';
import type { Comparison } from '../../openapi/comparison.ts';
import { compareRoutes, isAgreed } from '../../openapi/comparison.ts';
import { demandText } from '../../openapi/demand-match.ts';
import type { ApiDocument } from '../../openapi/document.ts';
import { readDocument } from '../../openapi/document.ts';
import type { PlacedOperation, Serving } from '../../openapi/placed-operation.ts';
import { parseServer, serverProblem } from '../../openapi/servers.ts';
import { writeRoutes } from '../../openapi/written-routes.ts';
import type { Terminal } from '../command.ts';
import { ConfigError, requireConfig, UsageError } from '../command.ts';
import { show } from '../terminal/json.ts';

/** Where the API is served, as the options say. */
interface Written {
  readonly server?: string;
  readonly hosts?: boolean;
}

/** Compares the route map with a document; resolves to 1 if they differ. */
export function compareWithDocument(file: string, written: Written, configFile: string, terminal: Terminal): number {
  const serving = servingOf(written);
  const config = requireConfig(configFile, terminal.env);
  const document = requireDocument(file);
  const found = compareRoutes(config.routes, document, serving);
  show(terminal, viewOf(found, config), () => inLines(linesOf(found, document, config, configFile)));
  return isAgreed(found) ? 0 : 1;
}

/** Writes the routes of a document. Scopes of the configuration's catalogue are not defined again. */
export function writeFromDocument(
  file: string,
  written: Written,
  configFile: string | undefined,
  terminal: Terminal,
): number {
  const serving = servingOf(written);
  const document = requireDocument(file);
  const known = new Set(configFile === undefined ? [] : requireConfig(configFile, terminal.env).scopes.keys());
  const { text, ...counts } = writeRoutes(document, serving, known);
  show(terminal, { yaml: text, ...counts }, text);
  if (counts.undecided > 0) {
    terminal.err(`${counted(counts.undecided, 'operation')} without a route: search for "Decide about" and choose\n`);
  }
  return 0;
}

function servingOf({ server, hosts = false }: Written): Serving {
  if (server === undefined) return { hosts };
  const problem = serverProblem(server);
  if (problem !== undefined) throw new UsageError(`--server: ${problem}`);
  return { hosts, server: parseServer(server) };
}

function requireDocument(file: string): ApiDocument {
  const read = readDocument(file);
  if (read.outcome === 'unreadable') throw new ConfigError(read.problems);
  return read.document;
}

function viewOf(found: Comparison, { routePlaces }: Config) {
  return {
    agrees: isAgreed(found),
    operationsWithoutRule: found.operationsWithoutRule.map(operationView),
    rulesWithoutOperation: found.rulesWithoutOperation.map(({ route, methods }) => {
      return { methods, path: route.pattern, hosts: route.hosts, ...routePlaces.get(route) };
    }),
    scopesDiffer: found.differences.map(({ route, rule, isPart, ...one }) => ({
      ...operationView(one),
      demands: demandText(one.operation.demand),
      requires: needsText(route.requirement),
      rule,
      isPart,
      route: { path: route.pattern, ...routePlaces.get(route) },
    })),
    undecided: found.undecided.map(({ why, ...one }) => ({ ...operationView(one), why })),
    widerRules: found.wider.map((route) => ({ path: route.pattern, ...routePlaces.get(route) })),
    operations: found.operations,
    rulesElsewhere: found.rulesElsewhere,
  };
}

function operationView({ operation: { method, id, line }, path, host }: PlacedOperation) {
  return { method, path, host: host === '' ? null : host, operationId: id ?? null, line };
}

function linesOf(found: Comparison, { file }: ApiDocument, { routePlaces }: Config, configFile: string) {
  const at = (route: Comparison['wider'][number]): string => {
    const { file: from, line } = routePlaces.get(route) ?? { file: configFile, line: 0 };
    return `${from}:${line}`;
  };
  const name = ({ operation: { method, line }, path, host }: PlacedOperation): string =>
    `${file}:${line}: ${method} ${host}${path}`;
  const sections: readonly (readonly [heading: string, lines: readonly string[]])[] = [
    ['operations without a rule: they are denied', found.operationsWithoutRule.map(name)],
    [
      'rules without an operation',
      found.rulesWithoutOperation.map(({ route, methods }) => {
        return `${at(route)}: ${methods.length === 0 ? 'any method' : methods.join(',')} ${route.hosts.join(',')}${route.pattern}`;
      }),
    ],
    [
      'scopes that differ',
      found.differences.map(({ route, rule, isPart, ...one }) => {
        const which = isPart ? `${route.pattern} at ${at(route)}, a part of it,` : `the rule at ${at(route)}`;
        return `${name(one)} demands ${demandText(one.operation.demand)}; ${which} requires ${needsText(route.requirement)}: it ${rule}`;
      }),
    ],
    ['not compared', found.undecided.map(({ why, ...one }) => `${name(one)}: ${why}`)],
    ['rules that match more than the document describes', found.wider.map((route) => `${at(route)}: ${route.pattern}`)],
  ];
  const written = sections.filter(([, lines]) => lines.length > 0);
  const verdict = isAgreed(found) ? 'agree' : 'differ';
  const elsewhere = found.rulesElsewhere === 0 ? '' : `; ${counted(found.rulesElsewhere, 'rule')} elsewhere left out`;
  return [
    ...written.flatMap(([heading, lines]) => [`${heading}:`, ...lines.map((line) => `  ${line}`)]),
    `${file} and ${configFile} ${verdict}: ${counted(found.operations, 'operation')}${elsewhere}`,
  ];
}

function inLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
