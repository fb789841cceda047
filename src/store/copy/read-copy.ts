import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type * as z from 'zod';
import { parseJson } from '../../lib/utf8.ts';
import type { StoredRecord } from '../store.ts';
import type { Header } from './format.ts';
import { anyHeaderSchema, FORMAT, headerSchema, KINDS, lineSchema, noCounts, VERSION } from './format.ts';

/** A copy that cannot be read; names the line, and repeats nothing of it: that may be a password's hash. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
}

/** Reads a copy to its end; resolves with its header. Rejects with {@link CopyError} where any of it is not as it was written. */
export async function checkCopy(path: string): Promise<Header> {
  for await (const line of linesOf(path)) {
    const header = readHeader(line);
    for await (const _record of readCopy(path));
    return header;
  }
  throw new CopyError('the file is empty');
}

/** The records of a copy; throws as {@link checkCopy} does, once the end shows that something is missing. */
export async function* readCopy(path: string): AsyncIterable<StoredRecord> {
  const counts = noCounts();
  const hash = createHash('sha256');
  let number = 0;
  let isComplete = false;
  for await (const text of linesOf(path)) {
    number += 1;
    const where = `line ${number}`;
    if (isComplete) throw new CopyError(`${where}: there is more behind the end`);
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
      `written by Sallyport ${sallyport} as version ${version}; this one reads up to version ${VERSION}: use that one, or a newer one`,
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

/** Not by `node:readline`, to which U+2028 ends a line; JSON may hold it. */
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
