import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../certificates.ts';

/** An issuer's web server on a loopback port. */
export interface IssuerServer {
  /** `http://127.0.0.1:port`, or `https:`. */
  readonly origin: string;
  /** The path and query of every request, in order. */
  readonly requests: string[];
  /** Stops it and closes its connections; `start` starts it again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server with this listener; plain HTTP without a certificate. */
export async function startIssuerServer(answer: RequestListener, tls?: Certificate): Promise<IssuerServer> {
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  let port = 0;
  const start = async (): Promise<void> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    // A listening TCP server has an address of this form.
    ({ port } = server.address() as AddressInfo);
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  };
  await start();
  return { origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, requests, stop, start };
}
