import type { Command } from './command.ts';
import { requireConfig } from './command.ts';

/** Validates a configuration without opening anything. */
export const check: Command = {
  summary: 'validate a configuration, offline',
  usage: `usage: sallyport check [--config FILE]

Prints every problem with its line and exits with 1, or says what the configuration holds. Nothing is opened or asked.
Variables and files that secrets refer to must be there.
`,
  options: {},
  run({ config: file }, { env, out }) {
    const { routes, issuers, scopes } = requireConfig(file, env);
    out(`${file}: valid: ${routes.length} routes, ${issuers.length} issuers, ${scopes.size} scopes\n`);
    return Promise.resolve(0);
  },
};
