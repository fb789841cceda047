import type { ListPosition } from '../lib/lists.ts';

/** Unix seconds, a full stop, which no id has, and the id. */
const CURSOR = /^(\d{1,15}(?:\.\d{1,20})?)\.([\w-]{1,200})$/;

/** The place behind a page, as clients keep it: what was there may go, and the next page begins where it did. */
export function writeCursor({ createdAtSeconds, id }: ListPosition): string {
  return `${createdAtSeconds}.${id}`;
}

/** `undefined` for what is no cursor, as a plain id is none. */
export function readCursor(text: string): ListPosition | undefined {
  const [, seconds, id] = CURSOR.exec(text) ?? [];
  return seconds === undefined || id === undefined ? undefined : { createdAtSeconds: Number(seconds), id };
}
