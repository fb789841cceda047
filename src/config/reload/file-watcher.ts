import { statSync } from 'node:fs';
import { every } from '../../lib/every.ts';

const POLL_MS = 500;

/**
 * Notices changes to a set of files by polling them twice a second. Polling notices an editor's save, a rename over the
 * file, a changed link (Kubernetes swaps a mounted volume by its link `..data`), and changes on a network file system.
 * A change is reported once the files stayed the same for one poll, so that no file is read half-written.
 */
export class FileWatcher {
  private readonly changed: () => void;
  private files: readonly string[];
  /** The state that was reported last; at first, the initial state. */
  private reported: string;
  private last: string;
  private stop: (() => void) | undefined;

  /** @param changed called after a change. An error that it throws ends the process. */
  constructor(files: readonly string[], changed: () => void) {
    this.files = files;
    this.changed = changed;
    this.reported = stateOf(files);
    this.last = this.reported;
  }

  start(): void {
    this.stop = every(POLL_MS, () => this.poll());
  }

  /** Watches these files from now on. The exchange itself is not a change. */
  watch(files: readonly string[]): void {
    if (files.join('\0') === this.files.join('\0')) return;
    this.files = files;
    this.reported = stateOf(files);
    this.last = this.reported;
  }

  close(): void {
    this.stop?.();
  }

  private poll(): void {
    const state = stateOf(this.files);
    const isStill = state === this.last;
    this.last = state;
    if (!isStill || state === this.reported) return;
    // Before the files are read, so that a change during the reading is the next change.
    this.reported = state;
    this.changed();
  }
}

/** The identity and the times of each file, or the code of the error of reading them. */
function stateOf(files: readonly string[]): string {
  return files.map(stateOfFile).join('\n');
}

function stateOfFile(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
