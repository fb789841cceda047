import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';

/** Selects the connections whose client has sent this string. */
export interface ConnectionFilter {
  readonly sent: string;
}

/** A proxy to a port of the loopback address that simulates broken networks. */
export interface TcpProxy {
  readonly port: number;
  /**
   * Accepts connections and bytes from now on, and returns nothing: a black hole. With `which`, only existing and new
   * connections that it selects.
   */
  swallow(which?: ConnectionFilter): void;
  /** Lets new connections work; swallowed ones stay half-open. */
  heal(): void;
  /** Delays what the port sends by `ms` from now on; with `which`, only on the connections that it selects. */
  delay(ms: number, which?: ConnectionFilter): void;
  /** Delays what clients send by `ms` from now on. */
  delayRequests(ms: number): void;
  /** Resets both ends of every existing connection. */
  reset(): void;
  close(): Promise<void>;
}

const ALL: ConnectionFilter = { sent: '' };

/** Starts a proxy to a port; with `tls` its clients connect by TLS, while the connection to the port stays plain. */
export async function startProxy(target: number, tls?: TlsOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let hole: ConnectionFilter | undefined;
  let lag = { ms: 0, which: ALL };
  let requestLagMs = 0;
  const rules = {
    isSwallowed: (sent: string) => hole !== undefined && sent.includes(hole.sent),
    delayMs: (sent: string) => (sent.includes(lag.which.sent) ? lag.ms : 0),
    requestDelayMs: () => requestLagMs,
  };
  const serve = (client: Socket): void => {
    // Like Redis and its clients: otherwise a write in pieces waits 40 ms for an acknowledgement.
    client.setNoDelay();
    const pair = new Pair(client, connect({ port: target, host: '127.0.0.1', noDelay: true }), rules);
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  // A client that does not trust the certificate breaks off the handshake.
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
    // A listening TCP server has an address of this form.
    port: (server.address() as AddressInfo).port,
    swallow,
    heal: () => (hole = undefined),
    delay: (ms, which = ALL) => (lag = { ms, which }),
    delayRequests: (ms) => (requestLagMs = ms),
    reset,
    close,
  };
}

interface Rules {
  isSwallowed(sent: string): boolean;
  delayMs(sent: string): number;
  requestDelayMs(): number;
}

/** A client's connection and the connection to the port. */
class Pair {
  private readonly client: Socket;
  private readonly upstream: Socket;
  private readonly rules: Rules;
  private readonly requests = new Lane((bytes) => this.isSwallowed || this.upstream.write(bytes));
  private readonly responses = new Lane((bytes) => this.isSwallowed || this.client.write(bytes));
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
    upstream.on('data', (bytes) => this.responses.carry(bytes, rules.delayMs(this.sent)));
    upstream.on('end', () => this.isSwallowed || client.end());
  }

  /** Swallows the connection for good if the rules select it now. */
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
    // What filters look for is sent first.
    if (this.sent.length < 4_096) this.sent += bytes.toString('latin1');
    this.look();
    this.requests.carry(bytes, this.rules.requestDelayMs());
  }
}

/** One direction of a connection. It preserves the order of bytes, also when the delay ends. */
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
