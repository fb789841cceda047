import * as z from 'zod';
import { describe, kindOf, list, suggest } from '../../lib/wording.ts';
import type { Path } from './problems.ts';

/** A fault in the shape of a value: a wrong or missing value, or an unknown key of a map. */
export type Fault =
  | { readonly kind: 'value'; readonly path: Path; readonly message: string }
  | { readonly kind: 'unknown key'; readonly map: Path; readonly key: string; readonly known: readonly string[] };

/** The parsed value, or its faults. */
export type Shaped<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: Fault[] };

/** Checks one section of the file, at `path`, against its schema. */
export function checkShape<S extends z.ZodType>(schema: S, value: unknown, path: Path): Shaped<z.output<S>> {
  const result = schema.safeParse(value, { error: wordIssue });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, faults: distinctFaults(result.error.issues.flatMap((issue) => faultsOf(issue, path))) };
}

/** A huge number is both no safe integer and above the maximum: one mistake is reported once. */
function distinctFaults(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** Returns the `error` of a schema whose value is not secret: it says what was expected and what was found. */
export function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => (input === undefined ? `missing: expected ${what}` : `expected ${what}${found(input)}`);
}

/** Names what was found, except a text with an `@`: it may be a URL with a password. */
function found(input: unknown): string {
  return typeof input === 'string' && input.includes('@') ? '' : `, found ${describe(input)}`;
}

/** The message for an empty string or list. */
export const EMPTY = 'must not be empty';

/** The schema of a non-empty string for which `problemOf` returns no message. */
export function text(what: string, problemOf: (text: string) => string | undefined = () => undefined) {
  return z.string({ error: expected(what) }).check((ctx) => {
    const message = ctx.value === '' ? EMPTY : problemOf(ctx.value);
    if (message !== undefined) ctx.issues.push({ code: 'custom', input: ctx.value, message });
  });
}

/** The schema of a string that `parse` converts; `undefined` from it is a fault. */
export function parsed<T>(what: string, parse: (text: string) => T | undefined) {
  return z.string({ error: expected(what) }).transform((text, ctx) => {
    const value = parse(text);
    if (value !== undefined) return value;
    ctx.issues.push({ code: 'custom', input: text, message: `expected ${what}${found(text)}` });
    return z.NEVER;
  });
}

/** The schema of a non-empty list without duplicates. */
export function distinct<T extends z.ZodType>(item: T, what: string) {
  return z
    .array(item, { error: expected(what) })
    .min(1, { error: EMPTY })
    .check((ctx) => {
      const seen = new Set<unknown>();
      ctx.value.forEach((value, index) => {
        if (!seen.has(value)) return void seen.add(value);
        ctx.issues.push({ code: 'custom', input: value, path: [index], message: `${describe(value)} is listed twice` });
      });
    });
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  string: 'a string',
};

/** The messages of schemas without one of their own. They quote strings only where few values are allowed. */
function wordIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') return wordChoice(issue.values, issue.input);
  // Only here are the known keys at hand: they travel in the message, where faultsOf finds them.
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
    return Object.keys(issue.inst.shape).join(' ');
  }
  if (issue.code !== 'invalid_type') return undefined;
  const noun = NOUNS[issue.expected] ?? issue.expected;
  return issue.input === undefined ? `missing: expected ${noun}` : `expected ${noun}, found ${kindOf(issue.input)}`;
}

function wordChoice(choices: readonly unknown[], found: unknown): string {
  const words = choices.filter((choice) => typeof choice === 'string');
  const near = typeof found === 'string' ? suggest(found, words) : '';
  return `${expected(list(choices.map(String)))({ input: found })}${near}`;
}

function faultsOf(issue: z.core.$ZodIssue, base: Path): Fault[] {
  // Keys of YAML are never symbols.
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    return issue.keys.map((key) => ({ kind: 'unknown key', map: path, key, known }));
  }
  const meant = issue.code === 'invalid_union' ? closestOption(issue.errors) : undefined;
  return meant?.flatMap((inner) => faultsOf(inner, path)) ?? [{ kind: 'value', path, message: issue.message }];
}

/** Returns the faults of the option of a union that was probably meant: the right type, and the fewest faults. */
function closestOption(options: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const ofTheKind = options.filter((issues) =>
    issues.every(({ code, path }) => code !== 'invalid_type' || path.length > 0),
  );
  return ofTheKind.toSorted((left, right) => left.length - right.length)[0];
}
