import { statSync } from 'node:fs';
import { every } from '../../lib/every.ts';

const POLL_MS = 500;

/**
 * Tells when any of a set of files has changed, by asking for their state twice a second: that sees an editor's save, a
 * rename over the file, a link that points elsewhere (how Kubernetes swaps a mounted volume: `..data`) and a network
 * file system alike. A change is told once it has held still for one poll, so that a file is not read half written.
 */
export class FileWatcher {
  private readonly changed: () => void;
  private files: readonly string[];
  /** The state that was told of, or that everything began with. */
  private told: string;
  private last: string;
  private stop: (() => void) | undefined;

  /** @param changed called after a change, never while it still runs. What it throws ends the process. */
  constructor(files: readonly string[], changed: () => void) {
    this.files = files;
    this.changed = changed;
    this.told = stateOf(files);
    this.last = this.told;
  }

  start(): void {
    this.stop = every(POLL_MS, () => this.poll());
  }

  /** Other files from now on; that they are others is no change. */
  watch(files: readonly string[]): void {
    if (files.join('\0') === this.files.join('\0')) return;
    this.files = files;
    this.told = stateOf(files);
    this.last = this.told;
  }

  close(): void {
    this.stop?.();
  }

  private poll(): void {
    const state = stateOf(this.files);
    const isStill = state === this.last;
    this.last = state;
    if (!isStill || state === this.told) return;
    // Before it is read: what changes meanwhile is the next change.
    this.told = state;
    this.changed();
  }
}

/** Who each file is and when it was last written; one that is not there, or cannot be looked at, has a state of its own. */
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
