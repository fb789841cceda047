import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Connection } from './connection.ts';
import { fault } from './failure.ts';

type Answer = readonly [error: Error | null, value: unknown];
type Answers = readonly Answer[];

interface Batch {
  readonly keys: string[];
  readonly answers: Promise<Answers>;
}

/**
 * Reads of strings. All that is asked for in one turn of the event loop goes out in one write and comes back in one
 * round trip, and batches do not wait for each other. One GET a key, so that a cluster can send each to its node.
 */
export class BatchedReads {
  private readonly connection: Pick<Connection, 'ask'>;
  private next: Batch | undefined;

  constructor(connection: Pick<Connection, 'ask'>) {
    this.connection = connection;
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
    return await this.connection.ask((client) => getAll(client, keys));
  }
}

async function getAll(client: Redis, keys: readonly string[]): Promise<Answers> {
  // A primary that has become a replica keeps its connections, and answers with what it last heard: each read asks.
  const commands = [['role'], ...keys.map((key) => ['get', key])];
  const [role, ...answers] = (await client.pipeline(commands).exec()) ?? [];
  if (role?.[0]) throw role[0];
  if (!(Array.isArray(role?.[1]) && role[1][0] === 'master')) throw fault('READONLY');
  const failure = answers.find(([error]) => error !== null && !isOtherType(error))?.[0];
  if (failure) throw failure;
  // An answer that is missing would read as "not revoked".
  if (answers.length !== keys.length) throw new Error(`answered ${answers.length} keys of ${keys.length}`);
  return answers;
}

function valueOf([error, value]: Answer): string | undefined {
  if (error !== null) return '';
  return typeof value === 'string' ? value : undefined;
}

/** Somebody put a set or a hash there: it exists, and existence alone counts. */
function isOtherType(error: Error): boolean {
  return error.message.startsWith('WRONGTYPE');
}
