import { StoreError } from '../../core/ports.ts';

/** Whether a memory store is open, shared by all of its parts. */
export class Life {
  isClosed = false;

  /** Throws once the store is closed. */
  check(): void {
    if (this.isClosed) throw new StoreError('the store is closed');
  }
}
