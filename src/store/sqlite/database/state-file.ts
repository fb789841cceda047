import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../../lib/error-code.ts';

/** What was last known of a store: which revocation set it holds, and how far that had come. */
export interface KnownState {
  /** The epoch of the set. */
  readonly epoch: string;
  /** The number of its newest change, which rises within an epoch. */
  readonly change: number;
}

/** Where it is kept: beside the store, and moved with it. */
export function stateFileOf(path: string): string {
  return `${path}.state`;
}

/** `undefined` where there is none. Throws where it cannot be read, or holds something else. */
export function readStateFile(path: string): KnownState | undefined {
  const file = stateFileOf(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const state = parseState(text);
  if (state === undefined) {
    throw new Error(
      `"${file}" is damaged; it tells an older copy of the store from the newest one. Restore it, or remove it where you ` +
        'are sure that the store is the newest',
    );
  }
  return state;
}

/** Replaces the file at once, so that a crash leaves the old one or the new one; for its owner only, and on the disk. */
export function writeStateFile(path: string, { epoch, change }: KnownState): void {
  const file = stateFileOf(path);
  const draft = `${file}.new`;
  const open = openSync(draft, 'w', 0o600);
  try {
    writeSync(open, `${JSON.stringify({ epoch, change })}\n`);
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
  renameSync(draft, file);
  const directory = openSync(dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function parseState(text: string): KnownState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { epoch, change } = value as Partial<Record<keyof KnownState, unknown>>;
    return typeof epoch === 'string' && Number.isSafeInteger(change) ? { epoch, change: Number(change) } : undefined;
  } catch {
    return undefined;
  }
}
