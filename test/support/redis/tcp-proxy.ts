import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';

/** Which connections: those whose client has sent this text. */
export interface ConnectionFilter {
  readonly sent: string;
}

/** A way to a port of the loopback address that can break. */
export interface TcpProxy {
  readonly port: number;
  /**
   * From now on it takes connections and bytes, and gives nothing back: a black hole. With `which`, for those
   * connections alone, that are there and to come.
   */
  swallow(which?: ConnectionFilter): void;
  /** Connections that are made from now on work; those that were swallowed stay so, half-open. */
  heal(): void;
  /** What the port answers arrives so many milliseconds later from now on; with `which`, on those connections alone. */
  delay(ms: number, which?: ConnectionFilter): void;
  /** What clients send arrives so many milliseconds later from now on. */
  delayQuestions(ms: number): void;
  /** Ends every connection that there is by a reset, at both of its ends. */
  reset(): void;
  close(): Promise<void>;
}

const ALL: ConnectionFilter = { sent: '' };

/** Starts a proxy to a port; with `tls` it speaks TLS to its clients, and plain TCP to the port. */
export async function startProxy(target: number, tls?: TlsOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let hole: ConnectionFilter | undefined;
  let lag = { ms: 0, which: ALL };
  let questionLagMs = 0;
  const rules = {
    isSwallowed: (sent: string) => hole !== undefined && sent.includes(hole.sent),
    delayMs: (sent: string) => (sent.includes(lag.which.sent) ? lag.ms : 0),
    questionDelayMs: () => questionLagMs,
  };
  const serve = (client: Socket): void => {
    // As Redis and its clients have it: otherwise what comes in pieces waits 40 ms for an acknowledgement.
    client.setNoDelay();
    const pair = new Pair(client, connect({ port: target, host: '127.0.0.1', noDelay: true }), rules);
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  // A client that trusts nobody ends the hand-shake.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const swallow = (which = ALL): void => {
    hole = which;
    for (const pair of pairs) pair.look();
  };
  const reset = (): void => {
    for (const pair of pairs) pair.reset();
  };
  const close = async (): Promise<void> => {
    server.close();
    for (const pair of pairs) pair.close();
  };
  return {
    // A TCP server that listens has an address of this form.
    port: (server.address() as AddressInfo).port,
    swallow,
    heal: () => (hole = undefined),
    delay: (ms, which = ALL) => (lag = { ms, which }),
    delayQuestions: (ms) => (questionLagMs = ms),
    reset,
    close,
  };
}

interface Rules {
  isSwallowed(sent: string): boolean;
  delayMs(sent: string): number;
  questionDelayMs(): number;
}

/** A client's connection and the one behind it. */
class Pair {
  private readonly client: Socket;
  private readonly upstream: Socket;
  private readonly rules: Rules;
  private readonly questions = new Lane((bytes) => this.isSwallowed || this.upstream.write(bytes));
  private readonly answers = new Lane((bytes) => this.isSwallowed || this.client.write(bytes));
  private sent = '';
  private isSwallowed = false;

  constructor(client: Socket, upstream: Socket, rules: Rules) {
    this.client = client.on('error', () => undefined);
    this.upstream = upstream;
    this.rules = rules;
    this.look();
    client.on('data', (bytes) => this.send(bytes)).on('end', () => this.isSwallowed || upstream.end());
    client.once('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.on('data', (bytes) => this.answers.carry(bytes, rules.delayMs(this.sent)));
    upstream.on('end', () => this.isSwallowed || client.end());
  }

  /** Whether it falls into the hole that there is now, for ever. */
  look(): void {
    this.isSwallowed ||= this.rules.isSwallowed(this.sent);
  }

  reset(): void {
    this.upstream.resetAndDestroy();
    this.client.resetAndDestroy();
  }

  close(): void {
    this.client.destroy();
  }

  private send(bytes: Buffer): void {
    // What tells connections apart comes first.
    if (this.sent.length < 4_096) this.sent += bytes.toString('latin1');
    this.look();
    this.questions.carry(bytes, this.rules.questionDelayMs());
  }
}

/** One direction of a connection. What was delayed is never overtaken, also where the delay ends. */
class Lane {
  private readonly deliver: (bytes: Buffer) => unknown;
  private readonly waiting: Buffer[] = [];

  constructor(deliver: (bytes: Buffer) => unknown) {
    this.deliver = deliver;
  }

  carry(bytes: Buffer, delayMs: number): void {
    if (delayMs <= 0 && this.waiting.length === 0) {
      this.deliver(bytes);
      return;
    }
    this.waiting.push(bytes);
    setTimeout(() => this.arrive(), delayMs);
  }

  private arrive(): void {
    const bytes = this.waiting.shift();
    if (bytes !== undefined) this.deliver(bytes);
  }
}
