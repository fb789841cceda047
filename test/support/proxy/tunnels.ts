import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that opens tunnels (RFC 9110, section 9.3.6) to a port of loopback, whatever host is asked for. */
export interface Tunnels {
  /** The variables with which a process uses it. */
  readonly env: NodeJS.ProcessEnv;
  /** The authorities that were asked for, in order. */
  readonly opened: string[];
  /** Closes every tunnel, and refuses new ones from now on. */
  refuse(): void;
  close(): void;
}

export async function startTunnels(target: number): Promise<Tunnels> {
  const opened: string[] = [];
  const tunnels = new Set<Duplex>();
  let isRefusing = false;
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on('connect', ({ url = '' }, client) => {
    opened.push(url);
    if (isRefusing) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const upstream = connect(target, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      tunnels.add(one);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const refuse = (): void => {
    isRefusing = true;
    for (const end of tunnels) end.destroy();
  };
  const close = (): void => {
    refuse();
    server.close().closeAllConnections();
  };
  return { env: { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: url, HTTP_PROXY: url }, opened, refuse, close };
}
