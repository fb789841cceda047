import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import { Draft, isMap } from '../../reading/draft.ts';
import { expandGlob } from '../../reading/glob.ts';
import type { Path } from '../../reading/problems.ts';
import { readBoundedSource } from '../../reading/read-source.ts';
import { Source } from '../../reading/source.ts';
import { fileSchema } from '../file-schema.ts';
import type { WrittenInclude } from './include-schema.ts';
import { includeEntrySchema } from './include-schema.ts';
import { includedSchema } from './included-schema.ts';

const MAX_FILES = 500;
/** A running instance decides nothing while it reads a file, and its author may be anyone. Room for 1,500 routes. */
const MAX_FILE_BYTES = 131_072;
/** Of all files. As much as a ConfigMap holds. */
const MAX_BYTES = 1_048_576;

/** What the main file permits the routes and scopes of an included file; `undefined` for everything. */
export type Limits = Pick<Exclude<WrittenInclude, string>, 'paths' | 'hosts' | 'scopes'>;

/** An included file with the limits of the entry that names it. */
export interface IncludedFile {
  readonly draft: Draft;
  readonly limits: Limits;
}

/** Everything that `include` names. */
export interface Included {
  /** The files that could be parsed, in the order in which they are read. */
  readonly files: readonly IncludedFile[];
  /** Every draft, also of the files that could not be parsed: they have the problems. */
  readonly drafts: readonly Draft[];
  /** Absolute; another file may match one of them later. */
  readonly globs: readonly string[];
  /** Whether every file could be parsed. If not, a scope that seems unknown may be defined in a file with a fault. */
  readonly isComplete: boolean;
}

/** Reads the files that `include` names, without what they contain. */
export function readIncludedFiles(draft: Draft): Included {
  const written = draft.read(['include'], z.array(z.unknown()).prefault([])) ?? [];
  const found: IncludedFile[] = [];
  const globs: string[] = [];
  const owners = new Map([[draft.file, -1]]);
  let bytes = 0;
  for (const index of written.keys()) {
    const place = ['include', index];
    const entry = draft.read(place, includeEntrySchema);
    if (entry === undefined) continue;
    const { files, ...limits } = typeof entry === 'string' ? { files: entry } : entry;
    globs.push(draft.absolute(files));
    for (const path of pathsOf(draft, place, files)) {
      if (owners.size > MAX_FILES) {
        draft.refuse(place, `too many files: at most ${MAX_FILES} can be included`);
        break;
      }
      if (bytes > MAX_BYTES) {
        draft.refuse(place, `the included files are too large: at most ${MAX_BYTES} bytes of all together are read`);
        break;
      }
      const owner = owners.get(path);
      if (owner === undefined) {
        const opened = openIncluded(draft, path);
        bytes += opened.bytes;
        found.push({ draft: opened.draft, limits });
      } else refuseRepeated(draft, place, path, owner);
      owners.set(path, owner ?? index);
    }
  }
  const drafts = found.map((file) => file.draft);
  const files = found.filter((file) => isReadable(file.draft));
  return { files, drafts, globs, isComplete: files.length === found.length };
}

/** The absolute paths that an entry names. Warns if there is none. */
function pathsOf(draft: Draft, place: Path, files: string): readonly string[] {
  const expansion = expandGlob(draft.absolute(files));
  if (expansion.outcome === 'failed') {
    draft.refuse(place, `cannot read the folder ${quote(expansion.folder)}: ${expansion.why}`);
    return [];
  }
  if (expansion.paths.length === 0) draft.warn(place, `no file matches ${quote(files)}: it adds no routes`);
  return expansion.paths;
}

/** Two entries may have different limits, so a file belongs to one. */
function refuseRepeated(draft: Draft, place: Path, path: string, owner: number): void {
  const name = quote(draft.nameOf(path));
  const message =
    owner < 0
      ? `${name} is this file itself: keep included files in a folder of their own`
      : `${name} is already included by include[${owner}]: a file belongs to one entry`;
  draft.refuse(place, message);
}

function openIncluded(main: Draft, path: string): { readonly draft: Draft; readonly bytes: number } {
  const read = readBoundedSource(path, MAX_FILE_BYTES);
  const source = read.outcome === 'read' ? read.source : new Source('');
  const draft = new Draft(main.nameOf(path), source, main.env);
  if (read.outcome === 'unreadable') draft.refuse([], read.why);
  else if (source.value !== undefined) refuseForeignKeys(draft);
  return { draft, bytes: read.outcome === 'read' ? read.bytes : 0 };
}

const KEYS = z.strictObject(
  Object.fromEntries(Object.keys(includedSchema.shape).map((key) => [key, z.unknown().optional()])),
);

/** Refuses everything but routes and scopes. A file that is empty may be one that is being written. */
function refuseForeignKeys(draft: Draft): void {
  const value = draft.valueAt([]);
  if (value === null) {
    draft.refuse([], "the file is empty: write 'routes: []' for none");
    return;
  }
  if (!isMap(value)) {
    draft.read([], KEYS);
    return;
  }
  const keys = Object.keys(value);
  const foreign = keys.filter((key) => Object.hasOwn(fileSchema.shape, key) && !Object.hasOwn(KEYS.shape, key));
  for (const key of foreign) {
    const message =
      key === 'include'
        ? 'an included file cannot include others: list them in the main file'
        : `${quote(key)} belongs in the main file: an included file has only routes and scopes`;
    draft.refuseKey([key], message);
  }
  const unknown = keys.filter((key) => !Object.hasOwn(fileSchema.shape, key));
  for (const key of unknown) draft.refuseUnknownKey([], key, Object.keys(KEYS.shape));
}

function isReadable(draft: Draft): boolean {
  return isMap(draft.valueAt([]));
}
