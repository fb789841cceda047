import { valueOf } from '../../redis/command.ts';
import type { RedisWriter } from '../../redis/redis-client.ts';
import type { EpochReading, EpochStore } from '../../revocation-set/revocation-store.ts';
import { toNumber } from './replies.ts';

/** Epoch records: strings without an expiry, one for each part of the data that can be lost by itself. */
export class RedisEpochs implements EpochStore {
  private readonly writes: RedisWriter;
  private readonly keys: readonly string[];

  constructor(writes: RedisWriter, keys: readonly string[]) {
    this.writes = writes;
    this.keys = keys;
  }

  async read(): Promise<EpochReading> {
    const read = async (key: string): Promise<readonly [string, string | undefined]> => {
      const [answer] = await this.writes.askAll([['get', key]]);
      return [key, answer && valueOf(answer)];
    };
    return new Map(await Promise.all(this.keys.map(read)));
  }

  /** Waits for no replica: it must be possible to start, and to record a loss, without enough of them. */
  async swap(key: string, expected: string | undefined, value: string): Promise<boolean> {
    const given = expected === undefined ? '' : `=${expected}`;
    return toNumber(await this.writes.ask({ script: 'epochs/swap', keys: [key], args: [given, value] })) > 0;
  }
}
