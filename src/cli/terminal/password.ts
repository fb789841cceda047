import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { decodeUtf8, wasDecoded } from '../../lib/utf8.ts';
import type { Terminal } from '../command.ts';
import { CommandError } from '../command.ts';

const NEWLINE = 0x0a;

/**
 * Reads one line. On a terminal it is typed twice and not shown. Throws a {@link CommandError} if it is not UTF-8, or if
 * the two lines differ.
 */
export async function readPassword(terminal: Terminal): Promise<string> {
  const { stdin, err } = terminal;
  if (!stdin.isTTY) return (await readLine(stdin)) ?? refuse('the password is not UTF-8 text');
  err('Password, twice (not shown):\n');
  const [first = '', second = ''] = await readTyped(terminal, 2);
  if (!wasDecoded(first)) refuse('the terminal does not send UTF-8; set its encoding to UTF-8');
  if (first !== second) refuse('the two passwords differ');
  return first;
}

/** One line without its newline; `undefined` if it is not UTF-8. `node:readline` would replace invalid bytes. */
async function readLine(input: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) {
    chunks.push(chunk);
    if (chunk.includes(NEWLINE)) break;
  }
  const read = Buffer.concat(chunks);
  const end = read.indexOf(NEWLINE);
  return decodeUtf8(end < 0 ? read : read.subarray(0, end))?.replace(/\r$/, '');
}

async function readTyped({ stdin }: Terminal, count: number): Promise<readonly string[]> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: true });
  const lines: string[] = [];
  for await (const line of reader) {
    lines.push(line);
    if (lines.length === count) break;
  }
  reader.close();
  return lines;
}

function refuse(message: string): never {
  throw new CommandError(`sallyport: ${message}`);
}
