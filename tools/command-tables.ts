import { loadCommands } from '../src/cli/command-line.ts';
import { writeBlocks } from './marked-blocks.ts';

export const COMMAND_PAGE = new URL('../docs/command-line.md', import.meta.url);

/** The tables of docs/command-line.md: every command with its options and the shape of its JSON. */
export async function commandTables(): Promise<ReadonlyMap<string, string>> {
  const actions = (await loadCommands()).flatMap(({ name, actions: own }) =>
    Object.entries(own).map(([word, action]) => ({ path: word === '' ? name : `${name} ${word}`, action })),
  );
  const commands = actions.map(({ path, action }) => [`\`${path}\``, action.summary, escaped(action.json)]);
  const options = actions.flatMap(({ path, action }) =>
    Object.entries(action.options).map(([name, option]) => {
      const value = option.type === 'string' ? ` ${option.placeholder}` : '';
      return [`\`${path}\``, `\`--${name}${value}\``, escaped(option.help)];
    }),
  );
  return new Map([
    ['commands', table(['command', 'what it does', '`--json`'], commands)],
    ['options', table(['command', 'option', 'what it does'], options)],
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

if (import.meta.main && process.argv.includes('--write')) writeBlocks(COMMAND_PAGE, await commandTables());
