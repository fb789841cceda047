import { stat } from 'node:fs/promises';

const POLL_MS = 500;

/**
 * Tells when any of a set of files has changed, by asking for their state twice a second: that sees an editor's save, a
 * rename over the file, a link that points elsewhere (how Kubernetes swaps a mounted volume: `..data`) and a network
 * file system alike. A change is told once it has held still for one poll, so that a file is not read half written.
 */
export class FileWatcher {
  private readonly changed: () => void;
  private files: readonly string[];
  private told: string | undefined;
  private last: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param changed called after a change; what it throws ends the process, as an error in a timer does. */
  constructor(files: readonly string[], changed: () => void) {
    this.files = files;
    this.changed = changed;
  }

  start(): void {
    this.timer = setTimeout(() => void this.poll(), POLL_MS).unref();
  }

  /** Other files from now on; that they are others is no change. */
  watch(files: readonly string[]): void {
    if (files.join('\0') === this.files.join('\0')) return;
    this.files = files;
    this.told = undefined;
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async poll(): Promise<void> {
    const { files } = this;
    const state = (await Promise.all(files.map(stateOf))).join('\n');
    if (this.timer === undefined) return;
    this.start();
    if (files !== this.files) return;
    const isStill = state === this.last;
    this.last = state;
    if (this.told === undefined) this.told = state;
    if (!isStill || state === this.told) return;
    this.told = state;
    this.changed();
  }
}

/** Who the file is and when it was last written; a file that is not there has a state of its own. */
async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return 'missing';
  }
}
