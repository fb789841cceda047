import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from './command.ts';
import { CommandError } from './command.ts';

/** One line: typed twice and not shown on a terminal, read as it is elsewhere. */
export async function readPassword(terminal: Terminal): Promise<string> {
  const { stdin, err } = terminal;
  if (!stdin.isTTY) return (await readLines(terminal, 1))[0] ?? '';
  err('Password, twice (not shown):\n');
  const [first = '', second = ''] = await readLines(terminal, 2);
  if (first !== second) throw new CommandError('sallyport: the two passwords differ');
  return first;
}

async function readLines({ stdin }: Terminal, count: number): Promise<readonly string[]> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY });
  const lines: string[] = [];
  for await (const line of reader) {
    lines.push(line);
    if (lines.length === count) break;
  }
  reader.close();
  return lines;
}
