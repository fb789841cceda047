import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { wordFileError } from '../../lib/errors.ts';
import { decodeUtf8 } from '../../lib/utf8.ts';
import { Source } from './source.ts';

/** The parsed file, or why it cannot be parsed. */
export type ReadSource =
  | { readonly outcome: 'read'; readonly source: Source; readonly bytes: number }
  | { readonly outcome: 'unreadable'; readonly why: string };

/** Reads and parses a YAML or JSON file that the operator names. */
export function readSource(file: string): ReadSource {
  return parseWith(() => readFileSync(file));
}

/**
 * Reads and parses a YAML file that somebody else may have written: only a regular file, and at most `maxBytes` of it. A
 * pipe or a device would stop the process for as long as nothing is written to it, or never end.
 */
export function readBoundedSource(file: string, maxBytes: number): ReadSource {
  return parseWith(() => readBounded(file, maxBytes));
}

function parseWith(read: () => Buffer | string): ReadSource {
  let text: string | undefined;
  let bytes: number;
  try {
    const contents = read();
    if (typeof contents === 'string') return { outcome: 'unreadable', why: contents };
    bytes = contents.length;
    text = decodeUtf8(contents);
  } catch (error) {
    return { outcome: 'unreadable', why: `cannot read the file: ${wordFileError(error)}` };
  }
  if (text === undefined) return { outcome: 'unreadable', why: 'the file is not UTF-8: save it as UTF-8' };
  try {
    return { outcome: 'read', source: new Source(text), bytes };
  } catch {
    const why = 'cannot read the file: it is nested too deeply, or repeats its aliases too often';
    return { outcome: 'unreadable', why };
  }
}

/** Returns the contents, or why they are refused. */
function readBounded(file: string, maxBytes: number): Buffer | string {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return 'cannot read the file: it is a directory';
    if (!stat.isFile()) return 'cannot read the file: it is neither a regular file nor a link to one';
    // One byte more than permitted, because the file may have grown since.
    const buffer = Buffer.alloc(Math.min(stat.size, maxBytes) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, length);
    }
    if (length > maxBytes) return `the file is too large: at most ${maxBytes} bytes are read`;
    if (length > stat.size) return 'cannot read the file: it is being written';
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
