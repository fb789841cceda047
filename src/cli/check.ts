import { formatProblems } from '../config/reading/problems.ts';
import { counted } from '../lib/time-format.ts';
import { requireLoaded } from './command.ts';
import { defineCommand } from './command-definition.ts';

/** Validates a configuration without opening anything. */
export const check = defineCommand('check', {
  summary: 'validate a configuration offline',
  takes: [],
  details: `Prints every problem with its line and exits with 1. If there is none, prints a summary and exits with 0.
Warns about each route that lists no methods and requires less than another route for the same path: it
also matches the methods that the other one does not list. Warns of a resource whose metadata clients cannot
read, or whose tokens pass on other routes too.

Opens no listener, no store and no connection. The variables and files that the configuration names must
exist.`,
  options: {},
  run({ config: file }, { env, out, err }) {
    const { config, warnings } = requireLoaded(file, env);
    const { routes, issuers, scopes, resources } = config;
    for (const warning of warnings) err(`warning: ${formatProblems([warning])}\n`);
    const counts = [counted(routes.length, 'route'), counted(issuers.length, 'issuer'), counted(scopes.size, 'scope')];
    if (resources.length > 0) counts.push(counted(resources.length, 'resource'));
    out(`${file}: valid: ${counts.join(', ')}\n`);
    return Promise.resolve(0);
  },
});
