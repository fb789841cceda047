import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type * as z from 'zod';
import type { Path, Problem } from './problems.ts';
import { formatPath } from './problems.ts';
import { checkShape } from './shape.ts';
import type { Position, Source } from './source.ts';
import { judgeUnknownKey } from './unknown-key.ts';

/** A configuration file while it is being checked: its parts by path, and the problems found so far. */
export class Draft {
  /** Absolute path of the file. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #name: string;
  readonly #source: Source;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  /** Paths of the keys that were meant by unknown ones. */
  readonly #meant = new Set<string>();
  readonly #files = new Set<string>();

  constructor(name: string, source: Source, env: NodeJS.ProcessEnv) {
    this.file = resolve(name);
    this.env = env;
    this.#name = name;
    this.#source = source;
    for (const { message, ...position } of source.problems) this.#add(position, [], message);
    this.#files.add(this.file);
  }

  /** Absolute paths of the file and of every other that was read for it, or could not be. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  /** Every problem so far, by line. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted(byPlace);
  }

  /** What is valid and may still be a mistake, by line. */
  get warnings(): readonly Problem[] {
    return this.#warnings.toSorted(byPlace);
  }

  /** The value as written, `undefined` where there is none. */
  valueAt(path: Path): unknown {
    return path.reduce(
      (value: unknown, step) => (hasMembers(value) && Object.hasOwn(value, step) ? value[step] : undefined),
      this.#source.value,
    );
  }

  /** The part at `path` as its schema reads it; `undefined`, and problems noted, where its shape is wrong. */
  read<S extends z.ZodType>(path: Path, schema: S): z.output<S> | undefined {
    const shaped = checkShape(schema, this.valueAt(path), path);
    if (shaped.ok) return shaped.value;
    for (const fault of shaped.faults) {
      if (fault.kind === 'unknown key') this.refuseUnknownKey(fault.map, fault.key, fault.known);
    }
    for (const fault of shaped.faults) {
      if (fault.kind === 'value' && !this.isMisspelt(fault.path)) this.refuse(fault.path, fault.message);
    }
    return undefined;
  }

  /** Notes a problem with the value at `path`, or with its absence. */
  refuse(path: Path, message: string): void {
    this.#add(this.#source.locate(path), path, message);
  }

  /** Notes that the value at `path` is valid and may still be a mistake. */
  warn(path: Path, message: string): void {
    const position = this.#source.locate(path);
    this.#warnings.push({ file: this.#name, ...position, path: formatPath(path), message });
  }

  /** Notes a problem with the key at the end of `path`; it belongs to the map around it. */
  refuseKey(path: Path, message: string): void {
    this.#add(this.#source.locateKey(path), path.slice(0, -1), message);
  }

  /** Notes a key that the map does not have, and returns the one that was meant, if that can be told. */
  refuseUnknownKey(map: Path, key: string, known: readonly string[]): string | undefined {
    const { message, meant } = judgeUnknownKey(map, key, known);
    this.refuseKey([...map, key], message);
    if (meant !== undefined) this.#meant.add(formatPath([...map, meant]));
    return meant;
  }

  /** Whether a key is missing under its own name and there under a misspelt one: a single mistake, told already. */
  isMisspelt(path: Path): boolean {
    return this.#meant.has(formatPath(path)) && this.valueAt(path) === undefined;
  }

  lineOf(path: Path): number {
    return this.#source.locate(path).line;
  }

  /** A path in the file is relative to the file's directory. */
  absolute(path: string): string {
    return resolve(dirname(this.file), path);
  }

  /**
   * The bytes of the file that the value at `path` names; `undefined`, and a problem noted, where it cannot be read.
   * The problem leaves the name out: by mistake it may be a secret itself.
   */
  readFile(path: Path, name: string): Buffer | undefined {
    this.#files.add(this.absolute(name));
    try {
      return readFileSync(this.absolute(name));
    } catch (error) {
      this.refuse(path, `cannot read the file: ${wordFileError(error)}`);
      return undefined;
    }
  }

  #add(position: Position, path: Path, message: string): void {
    this.#problems.push({ file: this.#name, ...position, path: formatPath(path), message });
  }
}

function byPlace(left: Problem, right: Problem): number {
  return left.line - right.line || left.column - right.column;
}

/** Whether a value as written is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return hasMembers(value) && !Array.isArray(value);
}

/** A map by its keys, or a list by its positions. */
function hasMembers(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file',
};

/** Why a file could not be read or made, without its name. */
export function wordFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return FILE_ERRORS[code] ?? code;
}
