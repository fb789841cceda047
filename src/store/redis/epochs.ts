import type { EpochGuard, EpochReading, EpochStore } from '../store.ts';
import { EPOCH_PREFIX } from '../store.ts';
import { askPrimary, valueOf } from './primary.ts';
import type { Writes } from './writes.ts';

/** The one epoch record of a single server: a string beside the revocation set, without an expiry. */
export class RedisEpochs implements EpochStore {
  /** To be shown, with every read of entries, the record as it was after it. */
  check: EpochGuard = () => undefined;
  private readonly writes: Writes;

  constructor(writes: Writes) {
    this.writes = writes;
  }

  async read(): Promise<EpochReading> {
    const [answer] = await this.writes.ask((client) => askPrimary(client, [['get', EPOCH_PREFIX]]));
    return new Map([[EPOCH_PREFIX, answer && valueOf(answer)]]);
  }

  /** Waits for no replica: with too few of them it must still be possible to start, and to tell of a loss. */
  async swap(key: string, expected: string | undefined, value: string): Promise<boolean> {
    const given = expected === undefined ? '' : `=${expected}`;
    return (await this.writes.ask((client) => client.sallyportSwapEpoch(key, given, value))) > 0;
  }

  guard(guard: EpochGuard): void {
    this.check = guard;
  }
}
