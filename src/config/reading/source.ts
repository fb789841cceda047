import type { Alias, Document, Node, Pair, ParsedNode, Scalar } from 'yaml';
import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Path } from './problems.ts';
import { ALIAS, tellingFaults } from './syntax-fault.ts';

/** A place in the text; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A fault that keeps the text from being one plain YAML document. */
export interface SyntaxProblem extends Position {
  readonly message: string;
}

const REPEATED_KEY = 'duplicate key';
const LONE_SURROGATE = 'this escape encodes half a character: write the character itself';

/** A YAML text: its value, its syntax problems, and the position of each part. */
export class Source {
  readonly problems: readonly SyntaxProblem[];
  /** The document as plain values; `undefined` if its syntax is too broken. */
  readonly value: unknown;
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #lines: LineCounter;

  /** Throws the parser's error on hostile text, such as nesting deeper than the stack. */
  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      resolveKnownTags: false,
      schema: 'core',
      stringKeys: true,
      // The parser compares each key with all others: a map of 100 kB would take seconds.
      uniqueKeys: false,
    });
    const { errors, warnings } = this.#document;
    const faults = tellingFaults([...errors, ...warnings], text);
    const isWhole = errors.length === 0;
    // The values of a broken text would be guesswork.
    const dangling = isWhole ? this.#danglingAliases() : [];
    const halves = isWhole ? this.#loneSurrogates() : [];
    const repeated = isWhole ? this.#repeatedKeys() : [];
    this.problems = [
      ...faults.map(({ offset, message }) => ({ ...this.#at(offset), message })),
      ...dangling.map((alias) => ({ ...this.#at(startOf(alias) ?? 0), message: ALIAS })),
      ...repeated.map((key) => ({ ...this.#at(startOf(key) ?? 0), message: REPEATED_KEY })),
      ...halves.map((scalar) => ({ ...this.#at(startOf(scalar) ?? 0), message: LONE_SURROGATE })),
    ];
    const isReadable = isWhole && dangling.length === 0 && halves.length === 0;
    this.value = isReadable ? this.#document.toJS() : undefined;
  }

  /**
   * Returns the position of the value at `path`: of a scalar itself, of the key of a map or list, or of the nearest
   * enclosing value if there is none.
   */
  locate(path: Path): Position {
    const { node, pair } = this.#find(path);
    const value = isAlias(node) || (isScalar(node) && node.value !== null) ? node : undefined;
    return this.#at(startOf(value) ?? startOf(pair?.key) ?? startOf(node) ?? 0);
  }

  /** Returns the position of the key at the end of `path`. */
  locateKey(path: Path): Position {
    const { node, pair } = this.#find(path);
    return this.#at(startOf(pair?.key) ?? startOf(node) ?? 0);
  }

  #find(path: Path): { node: unknown; pair: Pair | undefined } {
    let node: unknown = this.#document.contents;
    let pair: Pair | undefined;
    for (const step of path) {
      const within = isAlias(node) ? node.resolve(this.#document) : node;
      if (!isCollection(within)) break;
      // The last of several equal keys determines the value.
      const entry = isMap(within) ? within.items.findLast(({ key }) => isScalar(key) && key.value === step) : undefined;
      const item = isSeq(within) && typeof step === 'number' ? within.items[step] : undefined;
      if (entry === undefined && item === undefined) break;
      pair = entry;
      node = entry === undefined ? item : entry.value;
    }
    return { node, pair };
  }

  /** Aliases without an anchor, which the parser does not report by itself. */
  #danglingAliases(): Alias[] {
    const found: Alias[] = [];
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined) found.push(alias);
      },
    });
    return found;
  }

  /** The keys that a map has already. */
  #repeatedKeys(): Scalar[] {
    const found: Scalar[] = [];
    visit(this.#document, {
      Map: (_, map) => {
        const seen = new Set<unknown>();
        for (const { key } of map.items) {
          if (!isScalar(key)) continue;
          if (seen.has(key.value)) found.push(key);
          seen.add(key.value);
        }
      },
    });
    return found;
  }

  /** Strings that are not well-formed: the escapes of YAML allow one half of a surrogate pair. */
  #loneSurrogates(): Scalar[] {
    const found: Scalar[] = [];
    visit(this.#document, {
      Scalar: (_, scalar) => {
        if (typeof scalar.value === 'string' && !scalar.value.isWellFormed()) found.push(scalar);
      },
    });
    return found;
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

function startOf(node: unknown): number | undefined {
  // Every node of a parsed document is a Node with a range.
  return (node as Node | null | undefined)?.range?.[0];
}
