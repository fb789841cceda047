import type { YAMLError } from 'yaml';

type Code = YAMLError['code'];

/** A fault that the parser reported, with a message that says what to do. */
export interface SyntaxFault {
  /** In characters from the beginning of the text. */
  readonly offset: number;
  readonly message: string;
}

export const ALIAS = 'invalid or unresolved alias: quote a value that begins with *';
const QUOTE = "a value that contains ': ' needs quotes";

/** After one of these the parser misreads the rest, so later faults are meaningless. */
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

/** Our messages in place of the library's, which may quote the text and with it a secret. */
const WORDING: { readonly [code in Code]?: string } = {
  BAD_ALIAS: ALIAS,
  BAD_DIRECTIVE: 'invalid directive',
  BAD_DQ_ESCAPE: 'invalid escape in a double-quoted string',
  BAD_PROP_ORDER: 'misplaced anchor or tag',
  BAD_SCALAR_START: 'this character cannot begin a plain value: quote the value',
  BLOCK_IN_FLOW: QUOTE,
  MULTIPLE_DOCS: 'expected one YAML document, found several',
  NON_STRING_KEY: 'expected a plain key: quote one that begins with *, { or [',
  TAB_AS_INDENT: 'this line is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'unknown or unsuitable tag: quote a value that begins with !',
  UNEXPECTED_TOKEN:
    'unexpected text: quote a value that contains braces, brackets or commas, and a key that begins with *',
};

/** Some codes of the library cover several faults; the beginning of its message distinguishes them. */
const BY_MESSAGE: readonly (readonly [beginning: RegExp, words: string])[] = [
  [/^Implicit (map )?keys need/, "expected 'key: value', with a space after the colon"],
  [/^Nested mappings are not allowed/, QUOTE],
  [/^Missing closing/, 'a quoted value has no closing quote'],
  [/^Flow map .* end with a }/, 'a { before this place has no closing }'],
  [/^Flow sequence .* end with a ]/, 'a [ before this place has no closing ]'],
];

const INDENTATION = /^(All (mapping|sequence) items must|Sequence item without|A block sequence may not)/;

/** Returns the faults worth reporting: only the first that breaks the structure, or all if none does. */
export function tellingFaults(faults: readonly YAMLError[], text: string): readonly SyntaxFault[] {
  const inOrder = faults.toSorted((one, other) => one.pos[0] - other.pos[0]);
  const breaking = inOrder.find(({ code }) => STRUCTURAL.has(code));
  const telling = breaking === undefined ? inOrder : [breaking];
  return telling.map((fault) => (INDENTATION.test(fault.message) ? indentationFault(fault, text) : plainFault(fault)));
}

function plainFault({ code, message, pos: [offset] }: YAMLError): SyntaxFault {
  const [, words] = BY_MESSAGE.find(([beginning]) => beginning.test(message)) ?? [];
  return { offset, message: words ?? WORDING[code] ?? message };
}

/** Places the fault at the next line that is not a comment. */
function indentationFault({ pos: [offset] }: YAMLError, text: string): SyntaxFault {
  const linesBefore = text.slice(0, offset).split('\n').slice(0, -1);
  const start = linesBefore.reduce((sum, line) => sum + line.length + 1, 0);
  const lines = text.slice(start).split('\n');
  const index = Math.max(lines.findIndex(hasContent), 0);
  const line = lines[index] ?? '';
  const before = linesBefore.findLast(hasContent) ?? '';
  const [column, columnOfBefore] = [columnOf(line), columnBefore(before, line)];
  const columns = `this line begins at column ${column}, the line before it at column ${columnOfBefore}`;
  return {
    offset: lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, start + column - 1),
    message:
      column === columnOfBefore
        ? "a list entry ('- value') stands among the keys of a map ('key: value'): write all of them in one form"
        : `wrong indentation: ${columns}; entries of a map or list begin at the same column, under their key`,
  };
}

function hasContent(line: string): boolean {
  return /^\s*[^\s#]/.test(line);
}

/** The column at which the entries of the line begin: for a map in a list, after the dash. */
function columnBefore(before: string, line: string): number {
  const isEntry = /^\s*-/.test(line);
  return isEntry ? columnOf(before) : (/^\s*(?:- +)*/.exec(before)?.[0].length ?? 0) + 1;
}

function columnOf(line: string): number {
  return line.length - line.trimStart().length + 1;
}
