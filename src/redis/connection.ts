import { Redis } from 'ioredis';
import type { RedisAccess } from '../config/config.ts';
import { StoreError } from '../core/ports.ts';
import { backOffMs } from '../lib/back-off.ts';
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
  /** Throws where a primary is not fit to hold what it is to hold; asked of each connection that is made. */
  readonly inspect: (info: ServerInfo) => void;
  /** What commands may call. */
  readonly scripts: Scripts;
}

/**
 * One connection to a primary, made again for ever when it breaks. Nothing waits for it: what is asked while there is
 * none is refused at once, and what breaks with it is not sent again, because nobody could tell whether it was done.
 */
export class Connection {
  private readonly client: Redis;
  private readonly sender: CommandSender;
  readonly place: ServerLabel;
  private readonly answerMs: number;
  private readonly inspect: ConnectionParts['inspect'];
  private readonly pending = new Set<Promise<unknown>>();
  private readonly opened = Promise.withResolvers<ServerInfo>();
  /** Counts the connections that were made: between two equal numbers it is the same one. */
  life = 0;
  private attempts = 0;
  /** What went wrong since the last attempt to connect. */
  private fault: StoreError | undefined;
  /** Why nothing can be asked now. */
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

  /** Connects, trying again up to `limitMs` as long as there is hope. Rejects with `StoreError`, closed again. */
  async open(limitMs: number): Promise<ServerInfo> {
    // Events tell more than this promise does.
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

  /** Connects, and tries for ever. */
  start(): void {
    this.opened.promise.catch(() => undefined);
    this.client.connect().catch(() => undefined);
  }

  /** Why nothing can be asked now; `undefined` where it can. */
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

  /** Sends something, and rejects with `StoreError` where there is no answer in time or a bad one. */
  async use<T>(work: (sender: CommandSender) => Promise<T>): Promise<T> {
    if (this.closed) throw new StoreError('the store is closed');
    if (this.down !== undefined) throw this.down;
    const answer = this.within(work(this.sender));
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
   * Takes up other credentials: for every connection from now on, and for the one that stands. Rejects with `StoreError`
   * where the server does not take them, or not yet; the connection that stands then goes on with the former ones.
   */
  async reconfigure(access: RedisAccess): Promise<void> {
    // What ioredis reads whenever it connects.
    Object.assign(this.client.options, accessOptions(access));
    const { username, password } = access;
    if (password === undefined || this.closed || this.down !== undefined) return;
    const words = [...(username === undefined ? [] : [username]), textOf(password)];
    await this.ask(['auth', ...words]);
  }

  /** This may lead to a replica: refuses every question until a new connection leads to a primary. */
  suspect(error: unknown): void {
    if (this.down === undefined) this.reconnect(error);
  }

  /** Looks again whether this leads to a primary, where it stands. */
  recheck(): void {
    if (!this.closed && this.down === undefined) void this.onReady();
  }

  /** Another server is the primary now, to which the next attempt to connect leads: it is made at once. */
  moved(): void {
    if (this.closed) return;
    this.attempts = 0;
    if (this.client.status === 'reconnecting') this.client.connect().catch(() => undefined);
    else this.reconnect(fault('FAILOVER'));
  }

  /** Takes nothing more, waits for the answers to what was asked, and ends the connection. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.pending);
    const isOpen = this.client.status === 'ready' || this.client.status === 'connect';
    // Not `once`, which would reject for an error on the way.
    const ended = isOpen ? new Promise((resolve) => this.client.once('end', resolve)) : undefined;
    this.client.disconnect();
    await ended;
  }

  private onConnect(): void {
    // What the attempt before this one met tells more.
    this.life += 1;
    this.sender.onConnect();
    this.down = this.fault ?? this.translate(fault('SILENT'));
    this.fault = undefined;
  }

  /** A connection that stands is of use only where it leads to a primary that has all of its data. */
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

  /** Looks for a better connection. */
  private reconnect(error: unknown): void {
    this.fail(error);
    if (!this.closed) this.client.disconnect(true);
  }

  private fail(error: unknown): void {
    this.fault = this.translate(error);
    this.down = this.fault;
    if (isLasting(error)) this.opened.reject(this.fault);
  }

  /** Not ioredis's own time limit, which would hold for the hand-shake too. */
  private async within<T>(answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const message = `did not answer within ${this.answerMs} ms`;
    const timer = setTimeout(() => late.reject(new Error(message)), this.answerMs);
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private translate(error: unknown): StoreError {
    return storeErrorFrom(this.place, error);
  }
}
