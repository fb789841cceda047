import type { YAMLError } from 'yaml';

type Code = YAMLError['code'];

/** A fault of the parser, in words that say what to do. */
export interface SyntaxFault {
  /** In characters from the beginning of the text. */
  readonly offset: number;
  readonly message: string;
}

export const ALIAS = 'invalid or unresolved alias: quote a value that begins with *';
const QUOTE = "a value that holds ': ' needs quotes";

/** One of these makes the parser misread all that follows, so whatever comes after it says nothing of the text. */
const STRUCTURAL: ReadonlySet<Code> = new Set<Code>([
  'BAD_INDENT',
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'NON_STRING_KEY',
  'TAB_AS_INDENT',
  'UNEXPECTED_TOKEN',
]);

/** What is said instead of the library's own words, which may quote the text: a secret may stand there. */
const WORDING: { readonly [code in Code]?: string } = {
  BAD_ALIAS: ALIAS,
  BAD_DIRECTIVE: 'invalid directive',
  BAD_DQ_ESCAPE: 'invalid escape in a double-quoted string',
  BAD_PROP_ORDER: 'an anchor or tag in the wrong place',
  BAD_SCALAR_START: 'this character cannot begin a plain value: quote the value',
  BLOCK_IN_FLOW: QUOTE,
  DUPLICATE_KEY: 'duplicate key',
  MULTIPLE_DOCS: 'expected one YAML document, found several',
  NON_STRING_KEY: 'expected a plain key',
  TAB_AS_INDENT: 'this line is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'unknown or unfit tag: quote a value that begins with !',
  UNEXPECTED_TOKEN: 'unexpected text: quote a value that holds braces, brackets or commas',
};

/** Where the library has one code for several faults, the beginning of its message tells them apart. */
const BY_MESSAGE: readonly (readonly [beginning: RegExp, words: string])[] = [
  [/^Implicit (map )?keys need/, "expected 'key: value', with a space behind the colon"],
  [/^Nested mappings are not allowed/, QUOTE],
  [/^Missing closing/, 'a quoted value has no closing quote'],
  [/^Flow map .* end with a }/, 'a { before this place has no closing }'],
  [/^Flow sequence .* end with a ]/, 'a [ before this place has no closing ]'],
];

const INDENTATION = /^(All (mapping|sequence) items must|Sequence item without|A block sequence may not)/;

/** The faults that somebody can mend: the first that breaks the structure alone, or all where none does. */
export function tellingFaults(faults: readonly YAMLError[], text: string): readonly SyntaxFault[] {
  const inOrder = faults.toSorted((one, other) => one.pos[0] - other.pos[0]);
  const breaking = inOrder.find(({ code }) => STRUCTURAL.has(code));
  const told = breaking === undefined ? inOrder : [breaking];
  return told.map((fault) => (INDENTATION.test(fault.message) ? indentationFault(fault, text) : plainFault(fault)));
}

function plainFault({ code, message, pos: [offset] }: YAMLError): SyntaxFault {
  const [, words] = BY_MESSAGE.find(([beginning]) => beginning.test(message)) ?? [];
  return { offset, message: words ?? WORDING[code] ?? message };
}

/** At the first line from there on that holds more than a comment. */
function indentationFault({ pos: [offset] }: YAMLError, text: string): SyntaxFault {
  const linesBefore = text.slice(0, offset).split('\n').slice(0, -1);
  const start = linesBefore.reduce((sum, line) => sum + line.length + 1, 0);
  const lines = text.slice(start).split('\n');
  const index = Math.max(lines.findIndex(holdsMore), 0);
  const line = lines[index] ?? '';
  const before = linesBefore.findLast(holdsMore) ?? '';
  const columns = `this line begins at column ${columnOf(line)}, the one before it at column ${columnBefore(before, line)}`;
  return {
    offset: lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, start + columnOf(line) - 1),
    message: `wrong indentation: ${columns}; the entries of a map or list begin at the same column, under its key`,
  };
}

function holdsMore(line: string): boolean {
  return /^\s*[^\s#]/.test(line);
}

/** Where the entries of a line begin: those of a map in a list behind the dash. */
function columnBefore(before: string, line: string): number {
  const isEntry = /^\s*-/.test(line);
  return isEntry ? columnOf(before) : (/^\s*(?:- +)*/.exec(before)?.[0].length ?? 0) + 1;
}

function columnOf(line: string): number {
  return line.length - line.trimStart().length + 1;
}
