import { closeSync, openSync, writeSync } from 'node:fs';

const OWNER_ONLY = 0o600;

/** A file that lines are added to, each handed to the system before the next thing happens; only its owner reads it. */
export class LogFile {
  private readonly path: string;
  private descriptor: number;

  /** Makes the file where there is none. Throws where it cannot be opened. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = open(path);
  }

  /** Throws where the line cannot be written; a part of it may have been. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.descriptor, bytes, written);
  }

  /** Goes on in the file that is at the path now, once the former one was moved away. Throws, and keeps the former, where it cannot. */
  reopen(): void {
    const former = this.descriptor;
    this.descriptor = open(this.path);
    closeSync(former);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a', OWNER_ONLY);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`log.audit: cannot open the file: ${message}`, { cause });
  }
}
