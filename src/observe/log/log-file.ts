import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage, hasCode } from '../../lib/errors.ts';

const OWNER_ONLY = 0o600;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** A log file. Writes each line synchronously. Only its owner can read it. */
export class LogFile {
  private readonly path: string;
  private descriptor: number;

  /** Creates the file if it does not exist. Throws if it cannot be opened. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = open(path);
  }

  /** Throws if the line cannot be written completely. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.descriptor, bytes, written);
  }

  /** Opens the path again after the former file was moved away. Throws and keeps the former file if that fails. */
  reopen(): void {
    const former = this.descriptor;
    this.descriptor = open(this.path);
    closeSync(former);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Follows no link: otherwise anyone with write access to the folder could direct the log into any of our own files. */
function open(path: string): number {
  try {
    const folder = statSync(dirname(path));
    if (isOpenToAll(folder.mode)) throw new Error('anyone can write to its folder');
    const descriptor = openSync(path, APPEND, OWNER_ONLY);
    const file = fstatSync(descriptor);
    if (!file.isFile() || file.nlink === 1) return descriptor;
    closeSync(descriptor);
    throw new Error('the file has another name (a hard link)');
  } catch (cause) {
    const message = errorMessage(cause);
    const isLink = hasCode(cause, 'ELOOP');
    throw new Error(`log.audit: cannot open the file: ${isLink ? 'it is a symbolic link' : message}`, { cause });
  }
}

/** In a folder with the sticky bit, only its owner can replace a file. */
function isOpenToAll(mode: number): boolean {
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
}
