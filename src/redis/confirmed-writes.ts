import { StoreError } from '../core/ports.ts';
import type { Answers, Command, RawCommand } from './command.ts';
import type { CommandSender } from './command-sender.ts';
import type { Connection } from './connection.ts';
import type { ServerLabel } from './failure.ts';

/** How long replicas may take, in milliseconds. They confirm at once; the limit stands below that of a write. */
const REPLICAS_MS = 1_000;

export interface ConfirmedWritesParts {
  readonly place: ServerLabel;
  readonly connection: Pick<Connection, 'use' | 'life'>;
  /** How many replicas must have a write before it is acknowledged. */
  readonly minReplicas: number;
  /** A key to write to, for the sake of the write; one that the server has. */
  readonly barrierKey: () => string;
}

/** What was found out about all that was written on one life of the connection. */
interface Confirmation {
  readonly life: number;
  readonly replicas: number;
}

/**
 * Writes to the primary, each acknowledged once as many replicas have it as must.
 *
 * WAIT counts the replicas that have what was written on the same connection, and a write that changed nothing, as
 * when it is repeated after a failure, is none to it. So a write of our own goes before it, after all that it is to
 * confirm. A connection that is in WAIT takes nothing else, so those that come meanwhile share the next one.
 */
export class ConfirmedWrites {
  private readonly parts: ConfirmedWritesParts;
  private last: Promise<unknown> = Promise.resolve();
  private next: Promise<Confirmation> | undefined;

  constructor(parts: ConfirmedWritesParts) {
    this.parts = parts;
  }

  get place(): ServerLabel {
    return this.parts.place;
  }

  /** As `RedisReader.ask`; for commands that write nothing. */
  async ask(command: Command, isAsking?: boolean): Promise<unknown> {
    return await this.parts.connection.use((sender) => sender.send(command, isAsking));
  }

  /** As `RedisReader.askAll`. */
  async askAll(commands: readonly RawCommand[], isAsking?: boolean): Promise<Answers> {
    return await this.parts.connection.use((sender) => sender.readAll(commands, isAsking));
  }

  /** Rejects with `StoreError` where it was not done, where nobody knows, or where too few replicas have it. */
  async write(command: Command, isAsking?: boolean): Promise<unknown> {
    const { connection, minReplicas } = this.parts;
    if (minReplicas === 0) return await this.ask(command, isAsking);
    return await connection.use(async (sender) => {
      const { life } = connection;
      const answer = await sender.send(command, isAsking);
      this.judge(life, await (this.next ??= this.confirm(sender)));
      return answer;
    });
  }

  /** On another connection, perhaps to another server, a confirmation says nothing. */
  private judge(life: number, confirmed: Confirmation): void {
    const { place, minReplicas } = this.parts;
    const held = confirmed.life === life ? confirmed.replicas : 0;
    if (held >= minReplicas) return;
    throw new StoreError(
      `Redis store "${place.name}": written, but ${held} of the ${minReplicas} replicas that minReplicas asks for ` +
        `confirmed it within ${REPLICAS_MS} ms, so a failover may lose it; see to the replicas, and write it again`,
    );
  }

  private confirm(sender: CommandSender): Promise<Confirmation> {
    const confirmed = this.confirmAfter(this.last, sender);
    this.last = confirmed.catch(() => undefined);
    return confirmed;
  }

  private async confirmAfter(last: Promise<unknown>, sender: CommandSender): Promise<Confirmation> {
    await last;
    // Who comes from here on has written too late for this one.
    this.next = undefined;
    const { connection, minReplicas, barrierKey } = this.parts;
    const { life } = connection;
    const [written, waited] = await sender.sendAll([
      ['set', barrierKey(), ''],
      ['wait', minReplicas, REPLICAS_MS],
    ]);
    const error = written?.[0] ?? waited?.[0];
    // What it is to confirm was done: that it was sent elsewhere must not look as if that had been.
    if (error && /^(?:MOVED|ASK|TRYAGAIN) /.test(error.message)) return { life, replicas: 0 };
    if (error) throw error;
    return { life, replicas: Number(waited?.[1] ?? 0) };
  }
}
