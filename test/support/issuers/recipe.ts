import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const FOLDER = new URL('../../../docs/issuers/', import.meta.url);
const EXAMPLE = /<!-- example: ([^>]+?) -->\s+```(?:yaml|json)\n(.*?)```/gs;
const ROW = /^\| `([\w-]+)` \| (as above|`\{.*\}`) \| (.+?) \| (.+?) \|$/gm;

export type Json = Readonly<Record<string, unknown>>;

/** A token as an issuer makes it. */
export interface DocumentedToken {
  readonly header: Json & { readonly alg: string; readonly kid?: string };
  readonly payload: Json;
}

/** A row of the tables of a recipe: a token, what it has instead of the documented claims, and two more cells. */
export interface Row {
  readonly token: string;
  readonly changes: Json;
  readonly cells: readonly [string, string];
}

/** What a recipe documents. */
export interface Recipe {
  readonly page: string;
  readonly text: string;
  readonly issuers: readonly Json[];
  readonly tokens: ReadonlyMap<string, DocumentedToken>;
  /** The cells are the subject and the scopes. */
  readonly accepted: readonly Row[];
  /** The cells are the mistake, and the check with what was found. */
  readonly refused: readonly Row[];
}

/** Reads the blocks of a page that are marked with `<!-- example: NAME -->`, by name. */
export function examplesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(page, FOLDER), 'utf8');
  return new Map(Array.from(text.matchAll(EXAMPLE), ([, name = '', body = '']) => [name, body]));
}

export function readRecipe(page: string): Recipe {
  const text = readFileSync(new URL(page, FOLDER), 'utf8');
  const examples = examplesOf(page);
  const { issuers } = parse(examples.get('sallyport.yaml') ?? '') as { readonly issuers: readonly Json[] };
  const tokens = [...examples].filter(([name]) => name.startsWith('token '));
  return {
    page,
    text,
    issuers,
    // The spec compares each with what Sallyport decides.
    tokens: new Map(tokens.map(([name, body]) => [name.slice('token '.length), JSON.parse(body) as DocumentedToken])),
    accepted: rowsOf(text, '### Accepted'),
    refused: rowsOf(text, '### Refused'),
  };
}

function rowsOf(page: string, heading: string): readonly Row[] {
  const section = page.split(`\n${heading}\n`)[1]?.split(/\n##/)[0] ?? '';
  return Array.from(section.matchAll(ROW), ([, token = '', changes = '', one = '', other = '']) => ({
    token,
    changes: changes === 'as above' ? {} : (JSON.parse(changes.slice(1, -1)) as Json),
    // A bar in a cell is escaped.
    cells: [one.replaceAll('\\|', '|'), other.replaceAll('\\|', '|')],
  }));
}

/** Applies a JSON merge patch (RFC 7396): null removes a member. */
export function patched(target: Json, patch: Json): Json {
  const merged: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = isObject(value) && isObject(target[name]) ? patched(target[name], value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time'];

/** Moves the times of a documented token so that it was issued a minute ago. */
export function issuedNow(payload: Json): Json {
  const { iat } = payload;
  if (typeof iat !== 'number') return payload;
  const shift = Math.floor(Date.now() / 1000) - 60 - iat;
  const moved = TIMES.flatMap((name) => {
    const time = payload[name];
    return typeof time === 'number' ? [[name, time + shift] as const] : [];
  });
  return { ...payload, ...Object.fromEntries(moved) };
}
