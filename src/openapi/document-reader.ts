import { isMap } from '../config/reading/draft.ts';
import type { Path, Problem } from '../config/reading/problems.ts';
import { formatPath } from '../config/reading/problems.ts';
import type { Source } from '../config/reading/source.ts';
import { quote } from '../lib/wording.ts';

const MAX_REFERENCES = 32;

/** A document of others while it is read: its values by path, and the faults found so far. */
export class DocumentReader {
  readonly problems: Problem[] = [];
  private readonly file: string;
  private readonly source: Source;

  constructor(file: string, source: Source) {
    this.file = file;
    this.source = source;
    for (const { message, ...position } of source.problems)
      this.problems.push({ file, ...position, path: '', message });
  }

  valueAt(path: Path): unknown {
    return path.reduce(
      (value: unknown, step) => (isContainer(value) && Object.hasOwn(value, step) ? value[step] : undefined),
      this.source.value,
    );
  }

  /** The map at a path; `undefined`, with a problem, if there is anything else. An absent one is empty. */
  mapAt(path: Path): Readonly<Record<string, unknown>> | undefined {
    const value = this.valueAt(path) ?? {};
    if (isMap(value)) return value;
    this.refuse(path, 'expected a map');
    return undefined;
  }

  /** The list at a path; `undefined` if it is absent, or, with a problem, if there is anything else. */
  listAt(path: Path): readonly unknown[] | undefined {
    const value = this.valueAt(path);
    if (value === undefined || Array.isArray(value)) return value;
    this.refuse(path, 'expected a list');
    return undefined;
  }

  /**
   * Follows the `$ref` of the map at a path, if it has one, to a place in the same document. `undefined`, with a problem, if
   * it leads elsewhere, nowhere or in a circle.
   */
  resolve(path: Path): Path | undefined {
    let place = path;
    for (let count = 0; count < MAX_REFERENCES; count++) {
      const value = this.valueAt(place);
      const reference = isMap(value) ? value['$ref'] : undefined;
      if (reference === undefined) return place;
      const target = typeof reference === 'string' ? pointerIn(reference) : undefined;
      if (typeof reference !== 'string' || target === undefined) {
        this.refuse(
          [...place, '$ref'],
          'expected a reference into this document, such as #/components/pathItems/Name: bundle the document first',
        );
        return undefined;
      }
      if (this.valueAt(target) === undefined) {
        this.refuse([...place, '$ref'], `${quote(reference)} leads nowhere`);
        return undefined;
      }
      place = target;
    }
    this.refuse([...path, '$ref'], 'this reference leads in a circle');
    return undefined;
  }

  lineOf(path: Path): number {
    return this.source.locateKey(path).line;
  }

  refuse(path: Path, message: string): void {
    this.problems.push({ file: this.file, ...this.source.locateKey(path), path: formatPath(path), message });
  }
}

function isContainer(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Reads a JSON pointer in a URI fragment (RFC 6901, section 6); `undefined` if it is none. */
function pointerIn(reference: string): Path | undefined {
  if (!reference.startsWith('#/')) return undefined;
  try {
    const steps = decodeURIComponent(reference.slice(2)).split('/');
    return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    return undefined;
  }
}
