import { isLongerThan } from './json-length.ts';

/** The names that lead from the top of a payload to one claim, outermost first; never empty. */
export type ClaimPath = readonly string[];

/** The claims of a verified credential that later steps need, by {@link claimKey}; only those that it has. */
export type KeptClaims = ReadonlyMap<string, unknown>;

/** The longest claim that is kept, in characters of JSON. */
const MAX_KEPT_LENGTH = 1_024;

/**
 * The claim at a path; `undefined` if there is none. Reads an object's own members only, and never walks into an array.
 * A null or empty member is absent, as everywhere (contract section 3).
 */
export function claimAt(payload: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return isEmpty(value) ? undefined : value;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * The text that names a path in messages and finds a kept claim. Two paths never have the same text, and
 * {@link parseClaimPath} reads it as the path. It is a JSON array for a path that has no other text.
 */
export function claimKey(path: ClaimPath): string {
  const [only = ''] = path;
  if (path.length === 1 && /[/:]/.test(only) && !/^\[|\\/.test(only)) return only;
  const text = path.map((name) => name.replace(/[\\.]/g, '\\$&')).join('.');
  return /^\[|[/:]/.test(text) ? JSON.stringify(path) : text;
}

const NAMES = /(?:[^\\.]|\\[\\.])+/gsu;
const PATH = new RegExp(`^${NAMES.source}(?:\\.${NAMES.source})*$`, 'su');

/**
 * Reads a path that is written as text: dots separate names, `\\.` is a dot within a name and `\\\\` a backslash; a text
 * with `/` or `:` is a single name, usually a URL; a text that begins with `[` is a JSON array of names. `undefined` if a
 * name is empty or a backslash stands elsewhere.
 */
export function parseClaimPath(text: string): ClaimPath | undefined {
  if (text.startsWith('[')) return parseNames(text);
  if (/[/:]/.test(text) && !text.includes('\\')) return [text];
  if (!PATH.test(text)) return undefined;
  return Array.from(text.matchAll(NAMES), ([name]) => name.replace(/\\(.)/gsu, '$1'));
}

function parseNames(text: string): ClaimPath | undefined {
  try {
    const names: unknown = JSON.parse(text);
    const isPath = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
    return isPath && !names.includes('') ? names : undefined;
  } catch {
    return undefined;
  }
}

/** The claims at these paths that the payload has. Leaves out those that are too long to keep. */
export function keepClaims(payload: Readonly<Record<string, unknown>>, paths: readonly ClaimPath[]): KeptClaims {
  const kept = new Map<string, unknown>();
  for (const path of paths) {
    const value = claimAt(payload, path);
    if (value !== undefined && !isLongerThan(value, MAX_KEPT_LENGTH)) kept.set(claimKey(path), value);
  }
  return kept;
}
