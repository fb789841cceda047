import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type * as z from 'zod';
import { wordFileError } from '../../lib/errors.ts';
import type { Path, Problem } from './problems.ts';
import { formatPath } from './problems.ts';
import { checkShape } from './shape.ts';
import type { Position, Source } from './source.ts';
import { judgeUnknownKey, publicPath } from './unknown-key.ts';

/** A configuration file during validation: its values by path, and the problems found so far. */
export class Draft {
  /** Absolute path of the file. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** The file as the caller named it. */
  readonly name: string;
  readonly #source: Source;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  /** Paths of the known keys that unknown keys are misspellings of. */
  readonly #meant = new Set<string>();
  readonly #files = new Set<string>();
  readonly #unchecked: string[] = [];
  readonly #withoutSecrets: boolean;

  /** @param withoutSecrets whether secrets and certificates may be absent. */
  constructor(name: string, source: Source, env: NodeJS.ProcessEnv, withoutSecrets = false) {
    this.#withoutSecrets = withoutSecrets;
    this.file = resolve(name);
    this.env = env;
    this.name = name;
    this.#source = source;
    for (const { message, ...position } of source.problems) this.#add(position, [], message);
    this.#files.add(this.file);
  }

  /** Absolute paths of the file and of every file that it names, readable or not. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  /** Paths of the secrets that were absent, and therefore not checked. */
  get unchecked(): readonly string[] {
    return this.#unchecked;
  }

  /** Every problem so far, sorted by line. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted(byPlace);
  }

  /** Valid values that may still be mistakes, sorted by line. */
  get warnings(): readonly Problem[] {
    return this.#warnings.toSorted(byPlace);
  }

  /** Returns the value as written; `undefined` if there is none. */
  valueAt(path: Path): unknown {
    return path.reduce(
      (value: unknown, step) => (hasMembers(value) && Object.hasOwn(value, step) ? value[step] : undefined),
      this.#source.value,
    );
  }

  /** Parses the value at `path` with a schema. Adds problems and returns `undefined` if it does not match. */
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

  /** Adds a problem with the value at `path`, or with its absence. */
  refuse(path: Path, message: string): void {
    this.#add(this.#source.locate(path), path, message);
  }

  /** Adds a warning: the value at `path` is valid but may be a mistake. */
  warn(path: Path, message: string): void {
    const position = this.#source.locate(path);
    this.#warnings.push({ file: this.name, ...position, path: formatPath(publicPath(path)), message });
  }

  /** Adds a problem with the key at the end of `path`; the problem names the path of the map around it. */
  refuseKey(path: Path, message: string): void {
    this.#add(this.#source.locateKey(path), path.slice(0, -1), message);
  }

  /** Adds a problem for an unknown key, and returns the known key that it is probably a misspelling of. */
  refuseUnknownKey(map: Path, key: string, known: readonly string[]): string | undefined {
    const { message, meant } = judgeUnknownKey(map, key, known);
    this.refuseKey([...map, key], message);
    if (meant !== undefined) this.#meant.add(formatPath([...map, meant]));
    return meant;
  }

  /** Whether a key is missing only because it is misspelt, which is one mistake and reported already. */
  isMisspelt(path: Path): boolean {
    return this.#meant.has(formatPath(path)) && this.valueAt(path) === undefined;
  }

  lineOf(path: Path): number {
    return this.#source.locate(path).line;
  }

  lineOfKey(path: Path): number {
    return this.#source.locateKey(path).line;
  }

  /** Names another file as this one was named: with a relative path if this one has one. */
  nameOf(path: string): string {
    return join(dirname(this.name), relative(dirname(this.file), path));
  }

  /** Resolves a path that the file contains: it is relative to the file's directory. */
  absolute(path: string): string {
    return resolve(dirname(this.file), path);
  }

  /** Whether the variable of a secret is absent and may be. */
  lacksVariable(path: Path, name: string): boolean {
    return this.#withoutSecrets && !Object.hasOwn(this.env, name) && this.#leave(path);
  }

  /** Whether the file of a secret or certificate is absent and may be. */
  lacksFile(path: Path, name: string): boolean {
    return this.#withoutSecrets && !existsSync(this.absolute(name)) && this.#leave(path);
  }

  #leave(path: Path): true {
    this.#unchecked.push(formatPath(publicPath(path)));
    return true;
  }

  /**
   * Reads the file that the value at `path` names. Adds a problem and returns `undefined` if that fails. The problem
   * does not quote the name, which may be a secret that was written in the wrong place.
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

  /**
   * Checks the file that the value at `path` names, for a file that is read again at each use. `problemOf` returns what
   * is wrong with its contents. A change of such a file is no change of the configuration, so the file is in
   * {@link files} only while it has a problem.
   */
  checkFile(path: Path, name: string, problemOf: (contents: Buffer) => string | undefined): void {
    if (this.lacksFile(path, name)) return;
    const wasNamed = this.#files.has(this.absolute(name));
    const contents = this.readFile(path, name);
    const problem = contents && problemOf(contents);
    if (problem !== undefined) this.refuse(path, problem);
    else if (contents !== undefined && !wasNamed) this.#files.delete(this.absolute(name));
  }

  #add(position: Position, path: Path, message: string): void {
    this.#problems.push({ file: this.name, ...position, path: formatPath(publicPath(path)), message });
  }
}

function byPlace(left: Problem, right: Problem): number {
  return left.line - right.line || left.column - right.column;
}

/** Whether a value is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return hasMembers(value) && !Array.isArray(value);
}

/** Whether a value is a map or a list. */
function hasMembers(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
