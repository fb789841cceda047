import { readFileSync } from 'node:fs';
import { holdsBlocks, writeBlocks } from './marked-blocks.ts';

const PAGE = new URL('../docs/internal-api.md', import.meta.url);
/** The programs that the page shows, relative to it, and the language of each. */
const EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['internal-api/typescript/ask.ts', 'ts'],
  ['internal-api/go/ask/main.go', 'go'],
  ['internal-api/python/ask.py', 'python'],
]);

/** Whether the page shows the examples as they are. */
export function showsExamples(): boolean {
  return holdsBlocks(PAGE, examples());
}

function examples(): ReadonlyMap<string, string> {
  const show = ([file, language]: [string, string]): [string, string] => {
    return [file, `\`\`\`${language}\n${readFileSync(new URL(file, PAGE), 'utf8').trim()}\n\`\`\``];
  };
  return new Map(Array.from(EXAMPLES, show));
}

if (import.meta.main && process.argv.includes('--write')) writeBlocks(PAGE, examples());
