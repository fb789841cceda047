import type { StoreError } from '../../../core/ports.ts';
import type { Operation } from './operations.ts';

/** One operation on its way to the writer. */
export interface Request {
  readonly id: number;
  readonly operation: Operation;
}

/** What the main thread sends to the writer; `close` comes last. */
export type ToWriter = Request | 'close';

/** The answer to the request with this id. The operation is committed when the answer is sent; `value` is its result. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: StoreError };

/** One message answers all requests that were committed together. */
export type FromWriter = readonly Answer[];

/** The id of the first answer: it says that the file is open, and its value is what was found there. */
export const OPENING = 0;
