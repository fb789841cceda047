import { isPlainMethod } from '../core/method.ts';
import { readPath } from '../core/path.ts';
import type { AccessRequest } from '../core/request.ts';
import type { Route } from '../core/route.ts';
import { RouteMap } from '../core/route.ts';
import { needsOf } from '../explanation/decision-steps.ts';
import type { Command, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { printTable } from './terminal/table.ts';

/** Shows the route map, and which rule a request would meet. */
export const routes: Command = {
  summary: 'show the route map, or the rule that a request meets',
  usage: `usage: sallyport routes [METHOD PATH] [--host HOST] [--config FILE]

Without a request the whole map, in the order of the file. With one, the rule that it meets; exits with 1 where there is none.
`,
  options: { host: { type: 'string' } },
  run({ config: file, positionals, values }, terminal) {
    const [method, target, ...rest] = positionals;
    if (rest.length > 0 || (method === undefined) !== (target === undefined))
      throw new UsageError('expected METHOD PATH');
    const config = requireConfig(file, terminal.env);
    if (method === undefined || target === undefined) {
      show(config.routes, terminal);
      return Promise.resolve(0);
    }
    const host = typeof values['host'] === 'string' ? values['host'] : '';
    show([meet(new RouteMap(config.routes), { method, host, path: target })], terminal);
    return Promise.resolve(0);
  },
};

function meet(map: RouteMap, { method, host, path: target }: Pick<AccessRequest, 'method' | 'host' | 'path'>): Route {
  if (!isPlainMethod(method)) throw new CommandError('path_rejected: methods are upper-case words, such as GET');
  const path = readPath(target);
  const met = path === undefined ? 'ambiguous' : map.match(host, method, path);
  if (met === 'ambiguous') throw new CommandError('path_rejected: two parsers could read the path in two ways');
  if (met === 'none') throw new CommandError('route_denied: no rule for it');
  return met;
}

const HEADINGS = ['HOSTS', 'METHODS', 'PATH', 'NEEDS', 'ISSUERS', 'BASIC', 'SHADOW'];

function show(list: readonly Route[], terminal: Terminal): void {
  printTable([HEADINGS, ...list.map(rowOf)], terminal);
}

function rowOf(route: Route): string[] {
  const { hosts, methods, pattern, issuers, basic, shadow } = route;
  const list = (names: Iterable<string>, none: string): string => [...names].join(',') || none;
  const flags = [basic, shadow].map((flag) => (flag ? 'yes' : '-'));
  return [list(hosts, 'any'), list(methods, 'any'), pattern, needsOf(route), list(issuers ?? [], 'any'), ...flags];
}
