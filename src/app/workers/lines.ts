import type { Readable } from 'node:stream';

/** Calls `take` with each line of a stream, with its end. Drops a last line that is not complete. */
export function followLines(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(`${line}\n`);
  });
}
