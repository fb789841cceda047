import { formatProblems } from '../config/reading/problems.ts';
import { counted } from '../lib/time-format.ts';
import type { Command } from './command.ts';
import { requireLoaded } from './command.ts';

/** Validates a configuration without opening anything. */
export const check: Command = {
  summary: 'validate a configuration, offline',
  usage: `usage: sallyport check [--config FILE]

Prints every problem with its line and exits with 1, or says what the configuration holds, and warns of rules without
methods that ask for less than their neighbours. Nothing is opened or asked.
Variables and files that secrets refer to must be there.
`,
  options: {},
  run({ config: file }, { env, out, err }) {
    const { config, warnings } = requireLoaded(file, env);
    const { routes, issuers, scopes } = config;
    for (const warning of warnings) err(`warning: ${formatProblems([warning])}\n`);
    const counts = [counted(routes.length, 'route'), counted(issuers.length, 'issuer'), counted(scopes.size, 'scope')];
    out(`${file}: valid: ${counts.join(', ')}\n`);
    return Promise.resolve(0);
  },
};
