import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../lib/error-code.ts';

const OWNER_ONLY = 0o600;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

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

/** Follows no link: whoever may write to the folder could lead the log into any file of ours. */
function open(path: string): number {
  try {
    const folder = statSync(dirname(path));
    if (isOpenToAll(folder.mode)) throw new Error('anybody may write to its folder');
    const descriptor = openSync(path, APPEND, OWNER_ONLY);
    const file = fstatSync(descriptor);
    if (!file.isFile() || file.nlink === 1) return descriptor;
    closeSync(descriptor);
    throw new Error('the file has another name (a hard link)');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isLink = hasCode(cause, 'ELOOP');
    throw new Error(`log.audit: cannot open the file: ${isLink ? 'it is a symbolic link' : message}`, { cause });
  }
}

/** In a folder with the sticky bit nobody replaces another's file. */
function isOpenToAll(mode: number): boolean {
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
}
