import type { RawCommand } from './command.ts';
import type { ConfirmedWrites } from './confirmed-writes.ts';

/** The keys that begin with a prefix (no pattern), in batches, maybe empty ones. */
export type Scan = (prefix: string) => AsyncIterable<readonly string[]>;

/** How many keys Redis looks at in one turn, so that others do not wait long. */
const LOOKED_AT = '500';

/** Goes through the keys of one primary. */
export function scanOf(primary: Pick<ConfirmedWrites, 'askAll'>): Scan {
  return async function* scan(prefix) {
    let cursor = '0';
    do {
      const command: RawCommand = ['scan', cursor, 'match', `${prefix}*`, 'count', LOOKED_AT];
      const [[, found] = []] = await primary.askAll([command]);
      // As SCAN answers; whoever answers otherwise is no Redis.
      const [next, keys] = found as [string, string[]];
      yield keys;
      cursor = next;
    } while (cursor !== '0');
  };
}
