import type { StoreError } from '../../../core/ports.ts';
import type { Operation } from './operations.ts';

/** A request for one operation. */
export interface Request {
  readonly id: number;
  readonly operation: Operation;
}

/** A message from the main thread to the writer; `close` is the last one. */
export type ToWriter = Request | 'close';

/** The answer to the request with this id, sent after the operation is committed; `value` is its result. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: StoreError };

/** The answers to all requests that were committed together. */
export type FromWriter = readonly Answer[];

/** The id of the first answer, which reports that the file is open; its value is an `OpenedState`. */
export const OPENING = 0;
