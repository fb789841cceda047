import { setImmediate } from 'node:timers/promises';
import type { EpochGuard } from '../revocation-set/revocation-store.ts';
import type { Answers } from './command.ts';
import { askPrimary, valueOf } from './command.ts';
import type { Connection } from './connection.ts';

interface Batch {
  readonly keys: string[];
  readonly answers: Promise<Answers>;
}

/**
 * Reads of strings. All that is asked for in one turn of the event loop goes out in one write and comes back in one
 * round trip, and batches do not wait for each other. One GET a key, so that a cluster can send each to its node. The
 * epoch records are read last: a set that is lost before is noticed.
 */
export class BatchedReads {
  private readonly connection: Pick<Connection, 'ask'>;
  private readonly epochs: { readonly check: EpochGuard };
  private readonly epochKeysOf: (keys: readonly string[]) => readonly string[];
  private next: Batch | undefined;

  /** `epochKeysOf` names the records, of those that the server has, that vouch for these keys. */
  constructor(
    connection: Pick<Connection, 'ask'>,
    epochs: { readonly check: EpochGuard },
    epochKeysOf: (keys: readonly string[]) => readonly string[],
  ) {
    this.connection = connection;
    this.epochs = epochs;
    this.epochKeysOf = epochKeysOf;
  }

  /** The values in the order of the keys, `undefined` where there is none, empty where it is not a string. */
  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (keys.length === 0) return [];
    const batch = (this.next ??= this.start());
    const first = batch.keys.push(...keys) - keys.length;
    const answers = await batch.answers;
    return answers.slice(first, first + keys.length).map(valueOf);
  }

  private start(): Batch {
    const keys: string[] = [];
    return { keys, answers: this.send(keys) };
  }

  private async send(keys: readonly string[]): Promise<Answers> {
    await setImmediate();
    this.next = undefined;
    const epochKeys = this.epochKeysOf(keys);
    const commands = [...keys, ...epochKeys].map((key) => ['get', key]);
    const answers = await this.connection.ask((client) => askPrimary(client, commands));
    const records = answers.slice(keys.length).map(valueOf);
    this.epochs.check(new Map(epochKeys.map((key, index) => [key, records[index]])));
    return answers;
  }
}
