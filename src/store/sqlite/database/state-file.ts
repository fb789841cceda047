import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../../lib/errors.ts';

/** The last known state of a store: which revocation set it holds, and its newest change. */
export interface KnownState {
  /** The epoch of the set. */
  readonly epoch: string;
  /** The number of the newest change, which only rises within an epoch. */
  readonly change: number;
}

/** Returns the path of the state file, which lies next to the store and moves with it. */
export function stateFileOf(path: string): string {
  return `${path}.state`;
}

/** Reads the state file; returns `undefined` if there is none. Throws if it cannot be read or is damaged. */
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
      `"${file}" is damaged; it shows whether the store is an older copy. Restore it, or remove it if you are sure that ` +
        'the store is the newest one',
    );
  }
  return state;
}

/**
 * Replaces the file atomically, so that a crash leaves the old or the new one; readable by its owner only, and synced.
 */
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
