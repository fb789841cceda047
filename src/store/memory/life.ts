import { StoreError } from '../../core/ports.ts';

/** Says for all parts of a store whether it is still open. */
export class Life {
  ended = false;

  /** Throws once the store is closed. */
  check(): void {
    if (this.ended) throw new StoreError('the store is closed');
  }
}
