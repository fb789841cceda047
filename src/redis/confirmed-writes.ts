import { StoreError } from '../core/ports.ts';
import type { Answers, Command, RawCommand } from './command.ts';
import type { CommandSender } from './command-sender.ts';
import type { Connection } from './connection.ts';
import type { ServerLabel } from './failure.ts';

/** How long replicas may take to confirm, in milliseconds. Less than a write may take. */
const REPLICAS_MS = 1_000;

export interface ConfirmedWritesParts {
  readonly place: ServerLabel;
  readonly connection: Pick<Connection, 'use' | 'life'>;
  /** How many replicas must have a write before it is acknowledged. */
  readonly minReplicas: number;
  /** The key to write before WAIT. The server must serve it. */
  readonly barrierKey: () => string;
}

/** How many replicas have everything that was written on one connection. */
interface Confirmation {
  readonly life: number;
  readonly replicas: number;
}

/**
 * Writes to the primary. A write is acknowledged once `minReplicas` replicas have it.
 *
 * WAIT counts the replicas that have every write of the same connection. A write that changed nothing, such as a repeated
 * one, does not count for it. So a write of our own goes first, after all the writes to confirm. A connection accepts no
 * other command during WAIT, so the writes that come meanwhile share the next one.
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

  /** As `RedisWriter.write`. */
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

  /** A confirmation counts only for its own connection: another one may lead to another server. */
  private judge(life: number, confirmed: Confirmation): void {
    const { place, minReplicas } = this.parts;
    const held = confirmed.life === life ? confirmed.replicas : 0;
    if (held >= minReplicas) return;
    throw new StoreError(
      `Redis store "${place.name}": written, but ${held} of the ${minReplicas} replicas that minReplicas requires ` +
        `confirmed it within ${REPLICAS_MS} ms, so a failover may lose it; check the replicas, and write it again`,
    );
  }

  private confirm(sender: CommandSender): Promise<Confirmation> {
    const confirmed = this.confirmAfter(this.last, sender);
    this.last = confirmed.catch(() => undefined);
    return confirmed;
  }

  private async confirmAfter(last: Promise<unknown>, sender: CommandSender): Promise<Confirmation> {
    await last;
    // Writes from here on are too late for this confirmation.
    this.next = undefined;
    const { connection, minReplicas, barrierKey } = this.parts;
    const { life } = connection;
    const [written, waited] = await sender.sendAll([
      ['set', barrierKey(), ''],
      ['wait', minReplicas, REPLICAS_MS],
    ]);
    const error = written?.[0] ?? waited?.[0];
    // The writes to confirm were carried out, so their callers must not see this redirect as one of their own.
    if (error && /^(?:MOVED|ASK|TRYAGAIN) /.test(error.message)) return { life, replicas: 0 };
    if (error) throw error;
    return { life, replicas: Number(waited?.[1] ?? 0) };
  }
}
