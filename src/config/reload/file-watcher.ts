import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { every } from '../../lib/timers/every.ts';
import { expandGlob } from '../reading/glob.ts';

const POLL_MS = 500;

/** What is watched: absolute paths of files, and absolute globs whose files are watched too. */
export interface Watched {
  readonly files: readonly string[];
  readonly globs: readonly string[];
}

/**
 * Notices changes to a set of files, and files that are added to a glob or removed from it, by polling them twice a second. Polling notices an editor's save, a rename over the
 * file, a changed link (Kubernetes swaps a mounted volume by its link `..data`), and changes on a network file system.
 * A change is reported once the files stayed the same for one poll, so that no file is read half-written.
 */
export class FileWatcher {
  private readonly changed: () => void;
  private watched: Watched;
  /** The state that was reported last; at first, the initial state. */
  private reported: State;
  private last: State;
  private stop: (() => void) | undefined;

  /** @param changed called after a change. An error that it throws ends the process. */
  constructor(watched: Watched, changed: () => void) {
    this.watched = watched;
    this.changed = changed;
    this.last = stateOf(watched);
    this.reported = baseline(watched, this.last, new Map());
  }

  start(): void {
    this.stop = every(POLL_MS, () => this.poll());
  }

  /**
   * Watches these files from now on. The exchange itself is not a change. A file that was watched before counts as
   * changed if it has changed since it was reported, so that no change during a reload is missed.
   */
  watch(watched: Watched): void {
    this.watched = watched;
    this.last = stateOf(watched);
    this.reported = baseline(watched, this.last, this.reported);
  }

  close(): void {
    this.stop?.();
  }

  private poll(): void {
    const state = stateOf(this.watched);
    const isStill = isDeepStrictEqual(state, this.last);
    this.last = state;
    if (!isStill || isDeepStrictEqual(state, this.reported)) return;
    // Before the files are read, so that a change during the reading is the next change.
    this.reported = state;
    this.changed();
  }
}

/** By path: the identity and the times of each file, or the code of the error of reading them. */
type State = ReadonlyMap<string, string>;

/** Leaves out what a glob matches but `files` lacks: it was added after the files were read, which is a change. */
function baseline({ files }: Watched, now: State, before: State): State {
  const known = new Set(files);
  return new Map(
    Array.from(now).flatMap(([path, state]) => {
      const reported = before.get(path) ?? (known.has(path) ? state : undefined);
      return reported === undefined ? [] : [[path, reported] as const];
    }),
  );
}

function stateOf({ files, globs }: Watched): State {
  const matched = globs.map((glob) => [glob, expandGlob(glob)] as const);
  const paths = matched.flatMap(([, expansion]) => (expansion.outcome === 'expanded' ? expansion.paths : []));
  const failures = matched.flatMap(([glob, expansion]) =>
    expansion.outcome === 'failed' ? [[glob, expansion.why] as const] : [],
  );
  return new Map([...[...files, ...paths].map((path) => [path, stateOfFile(path)] as const), ...failures]);
}

function stateOfFile(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
