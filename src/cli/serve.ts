import { once } from 'node:events';
import { startApp } from '../app.ts';
import type { Command } from './command.ts';
import { requireConfig } from './command.ts';

/** Runs until SIGTERM or SIGINT; a second one ends the process at once. */
export const serve: Command = {
  summary: 'run Sallyport',
  usage: `usage: sallyport serve [--config FILE]

Opens the doors of the configuration and answers until SIGTERM or Ctrl-C. Logs to standard output, one JSON object a line.
SALLYPORT_ACCOUNT=name:password in the environment creates that account where the store holds none.
`,
  options: {},
  async run({ config }, { env }) {
    const app = await startApp(requireConfig(config, env), { env });
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
    await app.close();
    return 0;
  },
};
