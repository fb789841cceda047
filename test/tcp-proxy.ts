import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';

/** Which connections: those whose client has sent this text. */
export interface Sent {
  readonly sent: string;
}

/** A way to a port of the loopback address that can break. */
export interface TcpProxy {
  readonly port: number;
  /**
   * From now on it takes connections and bytes, and gives nothing back: a black hole. With `which`, for those
   * connections alone, that are there and to come.
   */
  swallow(which?: Sent): void;
  /** Connections that are made from now on work; those that were swallowed stay so. */
  heal(): void;
  /** What the port answers arrives so many milliseconds later from now on; with `which`, on those connections alone. */
  delay(ms: number, which?: Sent): void;
  close(): Promise<void>;
}

const ALL: Sent = { sent: '' };

/** Starts a proxy to a port; with `tls` it speaks TLS to its clients, and plain TCP to the port. */
export async function startProxy(target: number, tls?: TlsOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let hole: Sent | undefined;
  let lag = { ms: 0, which: ALL };
  const rules = {
    isSwallowed: (sent: string) => hole !== undefined && sent.includes(hole.sent),
    delayMs: (sent: string) => (sent.includes(lag.which.sent) ? lag.ms : 0),
  };
  const serve = (client: Socket): void => {
    const pair = new Pair(client, connect(target, '127.0.0.1'), rules);
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
    close,
  };
}

interface Rules {
  isSwallowed(sent: string): boolean;
  delayMs(sent: string): number;
}

/** A client's connection and the one behind it. */
class Pair {
  private readonly client: Socket;
  private readonly upstream: Socket;
  private readonly rules: Rules;
  private sent = '';
  private isSwallowed = false;

  constructor(client: Socket, upstream: Socket, rules: Rules) {
    this.client = client.on('error', () => undefined);
    this.upstream = upstream;
    this.rules = rules;
    this.look();
    client.on('data', (bytes) => this.send(bytes)).on('end', () => this.isSwallowed || upstream.end());
    client.once('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('data', (bytes) => this.answer(bytes));
    upstream.on('end', () => this.isSwallowed || client.end());
  }

  /** Whether it falls into the hole that there is now, for ever. */
  look(): void {
    this.isSwallowed ||= this.rules.isSwallowed(this.sent);
  }

  close(): void {
    this.client.destroy();
  }

  private send(bytes: Buffer): void {
    // What tells connections apart comes first.
    if (this.sent.length < 4_096) this.sent += bytes.toString('latin1');
    this.look();
    if (!this.isSwallowed) this.upstream.write(bytes);
  }

  private answer(bytes: Buffer): void {
    const delayMs = this.rules.delayMs(this.sent);
    if (delayMs > 0) setTimeout(() => this.deliver(bytes), delayMs);
    else this.deliver(bytes);
  }

  private deliver(bytes: Buffer): void {
    if (!this.isSwallowed) this.client.write(bytes);
  }
}
