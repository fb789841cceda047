import { setImmediate } from 'node:timers/promises';
import type { RawCommand } from './command.ts';
import { valueOf } from './command.ts';
import type { Connection } from './connection.ts';

/** A string by its key, `undefined` where there is none. */
export type StringPair = readonly [key: string, value: string | undefined];

/** What one read of strings found. */
export interface StringReading {
  /** In the order of the keys; `undefined` where there is none, empty where the key holds no string. */
  readonly values: readonly (string | undefined)[];
  /** Witnesses: strings that the same servers returned after these values. */
  readonly witnesses: readonly StringPair[];
}

/** Reads strings, with witnesses that tell whether the servers still had their data. */
export interface StringReads {
  /** Rejects with `StoreError` where a server does not answer in time. Without keys, both lists are empty. */
  read(keys: readonly string[]): Promise<StringReading>;
}

interface Batch {
  readonly keys: string[];
  readonly reading: Promise<StringReading>;
}

/**
 * Reads strings from one server. All keys that are asked for in one turn of the event loop go out in one write and come
 * back in one round trip. Batches do not wait for each other. Each key has its own GET, so that a cluster can send each
 * to its node. The witnesses come last in the same write: data that was lost before the read is noticed.
 */
export class BatchedReads implements StringReads {
  private readonly connection: Pick<Connection, 'askAll'>;
  private readonly witnessesOf: (keys: readonly string[]) => readonly string[];
  private next: Batch | undefined;

  /** `witnessesOf` names the witnesses for these keys; the server must serve them. */
  constructor(connection: Pick<Connection, 'askAll'>, witnessesOf: (keys: readonly string[]) => readonly string[]) {
    this.connection = connection;
    this.witnessesOf = witnessesOf;
  }

  async read(keys: readonly string[]): Promise<StringReading> {
    if (keys.length === 0) return { values: [], witnesses: [] };
    const batch = (this.next ??= this.start());
    const first = batch.keys.push(...keys) - keys.length;
    const { values, witnesses } = await batch.reading;
    return { values: values.slice(first, first + keys.length), witnesses };
  }

  private start(): Batch {
    const keys: string[] = [];
    return { keys, reading: this.send(keys) };
  }

  private async send(keys: readonly string[]): Promise<StringReading> {
    await setImmediate();
    this.next = undefined;
    const witnesses = this.witnessesOf(keys);
    const commands = [...keys, ...witnesses].map((key): RawCommand => ['get', key]);
    const answers = await this.connection.askAll(commands);
    const values = answers.map(valueOf);
    return {
      values: values.slice(0, keys.length),
      witnesses: witnesses.map((key, index) => [key, values[keys.length + index]]),
    };
  }
}
