import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type * as z from 'zod';
import { parseJson } from '../../lib/utf8.ts';
import type { StoredRecord } from '../store.ts';
import type { Header } from './format.ts';
import { anyHeaderSchema, FORMAT, headerSchema, KINDS, lineSchema, noCounts, VERSION } from './format.ts';

/** A copy cannot be read. The message names the line but does not quote it: it may hold a password hash. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
}

/**
 * Reads a copy to its end and resolves to its header. Rejects with {@link CopyError} if it is damaged or incomplete.
 */
export async function checkCopy(path: string): Promise<Header> {
  for await (const line of linesOf(path)) {
    const header = readHeader(line);
    for await (const _record of readCopy(path));
    return header;
  }
  throw new CopyError('the file is empty');
}

/** Yields the records of a copy. Throws {@link CopyError} at a damaged line, or at the end if records are missing. */
export async function* readCopy(path: string): AsyncIterable<StoredRecord> {
  const counts = noCounts();
  const hash = createHash('sha256');
  let number = 0;
  let isComplete = false;
  for await (const text of linesOf(path)) {
    number += 1;
    const where = `line ${number}`;
    if (isComplete) throw new CopyError(`${where}: there is more after the end`);
    if (number === 1) {
      readHeader(text);
    } else {
      const line = parse(lineSchema, text, where);
      if (line.kind === 'end') {
        const isWhole = KINDS.every((kind) => counts[kind] === line.counts[kind]);
        if (!isWhole || hash.digest('hex') !== line.sha256) throw new CopyError(`${where}: the file was changed`);
        isComplete = true;
        continue;
      }
      counts[line.kind] += 1;
      yield line;
    }
    hash.update(`${text}\n`);
  }
  if (!isComplete) throw new CopyError(`the file is cut off after line ${number}; export it again`);
}

function readHeader(text: string): Header {
  const { version, sallyport } = parse(anyHeaderSchema, text, `line 1: not a copy of a store (${FORMAT})`);
  if (version > VERSION) {
    throw new CopyError(
      `Sallyport ${sallyport} wrote this copy as version ${version}, but this Sallyport reads up to version ${VERSION}; ` +
        `use Sallyport ${sallyport} or newer`,
    );
  }
  return parse(headerSchema, text, 'line 1');
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, where: string): z.output<Schema> {
  const value = parseJson(text);
  if (value === undefined) throw new CopyError(`${where}: is not JSON`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CopyError(`${where}: ${[issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')}`);
}

/** Splits the file into lines. `node:readline` would also split at U+2028, which JSON strings may contain. */
async function* linesOf(path: string): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new CopyError('the file is not UTF-8 text', { cause });
    }
  };
  let rest = '';
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    const lines = (rest + decode(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decode();
  if (rest !== '') yield rest;
}
