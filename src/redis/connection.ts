import { Redis } from 'ioredis';
import type { RedisAccess } from '../config/config.ts';
import { StoreError } from '../core/ports.ts';
import { backOffMs } from '../lib/timers/back-off.ts';
import { within } from '../lib/timers/within.ts';
import { checkAccess } from './access-check.ts';
import type { Answers, RawCommand, ScriptCall, Scripts } from './command.ts';
import { CommandSender } from './command-sender.ts';
import type { ServerLabel } from './failure.ts';
import { fault, isLasting, isReplica, storeErrorFrom } from './failure.ts';
import type { ClientOptions } from './options.ts';
import { accessOptions, textOf } from './options.ts';
import type { ServerInfo } from './server-info.ts';
import { parseServerInfo } from './server-info.ts';

export interface ConnectionParts {
  readonly place: ServerLabel;
  readonly options: ClientOptions;
  /** Longest wait for one answer, in milliseconds. */
  readonly answerMs: number;
  /** Throws if a primary is not fit to hold the data. Called for each new connection. */
  readonly inspect: (info: ServerInfo) => void;
  /** The scripts that commands may call. */
  readonly scripts: Scripts;
}

/**
 * A connection to a primary, which is opened again for ever when it breaks. No command waits for it: while it is down,
 * every command is refused at once. A command that is pending when it breaks is not repeated, because it may have been
 * carried out.
 */
export class Connection {
  private readonly client: Redis;
  private readonly sender: CommandSender;
  readonly place: ServerLabel;
  private readonly answerMs: number;
  private readonly inspect: ConnectionParts['inspect'];
  private readonly pending = new Set<Promise<unknown>>();
  private readonly opened = Promise.withResolvers<ServerInfo>();
  /** Counts the connections: while the number is the same, so is the connection. */
  life = 0;
  private attempts = 0;
  /** The failure since the last attempt to connect. */
  private fault: StoreError | undefined;
  /** Why commands are refused now. */
  private down: StoreError | undefined;
  private closed = false;

  constructor({ place, options, answerMs, inspect, scripts }: ConnectionParts) {
    this.place = place;
    this.answerMs = answerMs;
    this.inspect = inspect;
    this.down = this.translate(fault('ETIMEDOUT'));
    this.client = new Redis({ ...options, lazyConnect: true, retryStrategy: () => backOffMs(this.attempts++) });
    this.sender = new CommandSender(this.client, scripts);
    this.client.on('connect', () => this.onConnect());
    this.client.on('error', (error: unknown) => this.fail(error));
    this.client.on('ready', () => void this.onReady());
    this.client.on('close', () => (this.down = this.fault ?? this.translate(fault('CLOSED'))));
  }

  /** Connects, with new attempts until `limitMs` unless they cannot help. Rejects with `StoreError`, closed again. */
  async open(limitMs: number): Promise<ServerInfo> {
    // Events say more than this promise.
    this.client.connect().catch(() => undefined);
    const limit = setTimeout(() => this.opened.reject(this.down), limitMs);
    try {
      return await this.opened.promise;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  /** Connects, with new attempts for ever. */
  start(): void {
    this.opened.promise.catch(() => undefined);
    this.client.connect().catch(() => undefined);
  }

  /** Why commands are refused now; `undefined` if they are not. */
  get trouble(): StoreError | undefined {
    return this.down;
  }

  /** As `RedisReader.ask`. */
  async ask(command: RawCommand | ScriptCall, isAsking?: boolean): Promise<unknown> {
    return await this.use((sender) => sender.send(command, isAsking));
  }

  /** As `RedisReader.askAll`. */
  async askAll(commands: readonly RawCommand[], isAsking?: boolean): Promise<Answers> {
    return await this.use((sender) => sender.readAll(commands, isAsking));
  }

  /** Sends commands. Rejects with `StoreError` for a failure, or without an answer in time. */
  async use<T>(work: (sender: CommandSender) => Promise<T>): Promise<T> {
    if (this.closed) throw new StoreError('the store is closed');
    if (this.down !== undefined) throw this.down;
    // The time limit of ioredis would also apply to its hand-shake.
    const late = () => new Error(`did not answer within ${this.answerMs} ms`);
    const answer = within(work(this.sender), this.answerMs, late);
    this.pending.add(answer);
    try {
      return await answer;
    } catch (error) {
      if (isReplica(error)) this.reconnect(error);
      throw this.translate(error);
    } finally {
      this.pending.delete(answer);
    }
  }

  /** As {@link checkAccess}, for the server that this connection leads to. */
  checkAccess(access: RedisAccess): Promise<void> {
    return checkAccess(this.client, this.place, access);
  }

  /**
   * Takes other credentials for new connections, and sends them on the open one. Rejects with `StoreError` if the server
   * does not accept them, or not yet; the open connection then keeps the former ones.
   */
  async reconfigure(access: RedisAccess): Promise<void> {
    // ioredis reads these whenever it connects.
    Object.assign(this.client.options, accessOptions(access));
    const { username, password } = access;
    if (password === undefined || this.closed || this.down !== undefined) return;
    const words = [...(username === undefined ? [] : [username]), textOf(password)];
    await this.ask(['auth', ...words]);
  }

  /** This may lead to a replica: refuses every command until a new connection leads to a primary. */
  suspect(error: unknown): void {
    if (this.down === undefined) this.reconnect(error);
  }

  /** Checks again whether an open connection leads to a primary. */
  recheck(): void {
    if (!this.closed && this.down === undefined) void this.onReady();
  }

  /** Another server is the primary now. Connects to it at once. */
  moved(): void {
    if (this.closed) return;
    this.attempts = 0;
    if (this.client.status === 'reconnecting') this.client.connect().catch(() => undefined);
    else this.reconnect(fault('FAILOVER'));
  }

  /** Accepts nothing more, waits for pending answers and closes the connection. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.pending);
    const isOpen = this.client.status === 'ready' || this.client.status === 'connect';
    // The `once` of node:events would reject for an error in between.
    const ended = isOpen ? new Promise((resolve) => this.client.once('end', resolve)) : undefined;
    this.client.disconnect();
    await ended;
  }

  private onConnect(): void {
    this.life += 1;
    this.sender.onConnect();
    // The failure of the attempt before this one says more.
    this.down = this.fault ?? this.translate(fault('SILENT'));
    this.fault = undefined;
  }

  /** An open connection is of use only if it leads to a primary that has loaded its data. */
  private async onReady(): Promise<void> {
    try {
      const info = parseServerInfo(await this.client.info());
      if (!info.isPrimary) throw fault('READONLY');
      if (info.isLoading) throw fault('LOADING');
      this.inspect(info);
      if (this.fault !== undefined) throw this.fault;
      this.attempts = 0;
      this.down = undefined;
      this.opened.resolve(info);
    } catch (error) {
      this.reconnect(error);
    }
  }

  /** Closes this connection, so that ioredis opens another one. */
  private reconnect(error: unknown): void {
    this.fail(error);
    if (!this.closed) this.client.disconnect(true);
  }

  private fail(error: unknown): void {
    this.fault = this.translate(error);
    this.down = this.fault;
    if (isLasting(error)) this.opened.reject(this.fault);
  }

  private translate(error: unknown): StoreError {
    return storeErrorFrom(this.place, error);
  }
}
