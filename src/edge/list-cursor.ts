import type { ListPosition } from '../lib/lists.ts';

/** Unix seconds, a full stop (which no id contains) and the id. */
const CURSOR = /^(\d{1,15}(?:\.\d{1,20})?)\.([\w-]{1,200})$/;

/** The position after a page, for the client. It stays valid if the item before it is removed. */
export function writeCursor({ createdAtSeconds, id }: ListPosition): string {
  return `${createdAtSeconds}.${id}`;
}

/** `undefined` if the text is not a cursor; a plain id is not one. */
export function readCursor(text: string): ListPosition | undefined {
  const [, seconds, id] = CURSOR.exec(text) ?? [];
  return seconds === undefined || id === undefined ? undefined : { createdAtSeconds: Number(seconds), id };
}
