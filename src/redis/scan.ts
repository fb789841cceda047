import type { RawCommand } from './command.ts';
import type { ConfirmedWrites } from './confirmed-writes.ts';

/** Yields the keys that begin with a prefix (no pattern), in batches, which may be empty. */
export type Scan = (prefix: string) => AsyncIterable<readonly string[]>;

/** How many keys Redis looks at in one turn, so that other clients do not wait long. */
const LOOKED_AT = '500';

/** Scans one primary. */
export function scanOf(primary: Pick<ConfirmedWrites, 'askAll'>): Scan {
  return async function* scan(prefix) {
    let cursor = '0';
    do {
      const command: RawCommand = ['scan', cursor, 'match', `${prefix}*`, 'count', LOOKED_AT];
      const [[, found] = []] = await primary.askAll([command]);
      // SCAN always replies in this form.
      const [next, keys] = found as [string, string[]];
      yield keys;
      cursor = next;
    } while (cursor !== '0');
  };
}
