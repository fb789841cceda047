import { list } from '../../lib/wording.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../command.ts';
import { defineCommand } from '../command-definition.ts';
import { show } from '../terminal/json.ts';
import { completionScript, SHELLS } from './scripts.ts';
import { completionTree } from './tree.ts';

/** @param loadCommands every command, this one included. */
export function defineCompletion(loadCommands: () => Promise<readonly Command[]>): Command {
  return defineCommand('completion', {
    summary: 'print the script that completes commands in a shell',
    takes: ['SHELL'],
    details: `SHELL is bash, zsh or fish. The script has the names of all commands and options, and completes files. For bash
write \`source <(sallyport completion bash)\` into ~/.bashrc; the script itself says how the others read it.`,
    json: '{shell, script}',
    options: {},
    async run({ positionals: [name] }, terminal) {
      const shell = SHELLS.find((one) => one === name);
      if (shell === undefined) throw new UsageError(`expected ${list(SHELLS)}`);
      const script = completionScript(shell, completionTree(await loadCommands()));
      show(terminal, { shell, script }, script);
      return 0;
    },
  });
}
