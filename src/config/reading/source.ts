import type { Alias, Document, Node, Pair, ParsedNode, Scalar } from 'yaml';
import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Path } from './problems.ts';
import { ALIAS, tellingFaults } from './syntax-fault.ts';

/** A place in the text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something that keeps the text from being one plain YAML document. */
export interface SyntaxProblem extends Position {
  readonly message: string;
}

const LONE_SURROGATE = 'an escape that stands for half a character: write the character itself';

/** A YAML text: its value, what is wrong with its syntax, and where each part of it stands. */
export class Source {
  readonly problems: readonly SyntaxProblem[];
  /** The document as plain values; `undefined` where its syntax is too broken to tell. */
  readonly value: unknown;
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #lines: LineCounter;

  /** Throws what the parser throws on hostile text, such as nesting deeper than the stack. */
  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      resolveKnownTags: false,
      schema: 'core',
      stringKeys: true,
    });
    const { errors, warnings } = this.#document;
    const faults = tellingFaults([...errors, ...warnings], text);
    const isWhole = errors.every(({ code }) => code === 'DUPLICATE_KEY');
    // What a broken text holds is guesswork.
    const dangling = isWhole ? this.#danglingAliases() : [];
    const halves = isWhole ? this.#loneSurrogates() : [];
    this.problems = [
      ...faults.map(({ offset, message }) => ({ ...this.#at(offset), message })),
      ...dangling.map((alias) => ({ ...this.#at(startOf(alias) ?? 0), message: ALIAS })),
      ...halves.map((scalar) => ({ ...this.#at(startOf(scalar) ?? 0), message: LONE_SURROGATE })),
    ];
    const isReadable = isWhole && dangling.length === 0 && halves.length === 0;
    this.value = isReadable ? this.#document.toJS() : undefined;
  }

  /**
   * Where the value at `path` stands: a scalar at its own place, a map or list at its key. What is not there is
   * located at the nearest thing around it.
   */
  locate(path: Path): Position {
    const { node, pair } = this.#find(path);
    const value = isAlias(node) || (isScalar(node) && node.value !== null) ? node : undefined;
    return this.#at(startOf(value) ?? startOf(pair?.key) ?? startOf(node) ?? 0);
  }

  /** Where the key at the end of `path` stands. */
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
      // The last of several equal keys is the one whose value counts.
      const entry = isMap(within) ? within.items.findLast(({ key }) => isScalar(key) && key.value === step) : undefined;
      const item = isSeq(within) && typeof step === 'number' ? within.items[step] : undefined;
      if (entry === undefined && item === undefined) break;
      pair = entry;
      node = entry === undefined ? item : entry.value;
    }
    return { node, pair };
  }

  /** Aliases of nothing, which the parser leaves to whoever asks for the value. */
  #danglingAliases(): Alias[] {
    const found: Alias[] = [];
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined) found.push(alias);
      },
    });
    return found;
  }

  /** Strings that stand for no text: the escapes of YAML allow one half of a surrogate pair. */
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
  // Every node that the parser made is a Node with its range.
  return (node as Node | null | undefined)?.range?.[0];
}
