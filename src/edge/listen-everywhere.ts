import { lookup } from 'node:dns/promises';
import type { Server } from 'node:net';
import type { Listener } from '../config/config.ts';
import { listen } from './listening.ts';

/** Servers that listen on the same port. */
interface Listening<S extends Server> {
  /** `host:port` or `unix:/path`, as bound first. */
  readonly address: string;
  readonly servers: readonly S[];
}

/**
 * Listens on all addresses of the host name, on one port, with a server for each; rejects if none of them is available.
 *
 * @param door its key under `listen`.
 */
export async function listenEverywhere<S extends Server>(
  address: Listener['address'],
  door: string,
  create: () => S,
): Promise<Listening<S>> {
  const servers: S[] = [];
  const bound: string[] = [];
  const failures: unknown[] = [];
  for (const host of 'path' in address ? [address.path] : await hostsOf(address)) {
    const server = create();
    const place = 'path' in address ? address : { host, port: portOf(servers[0]) ?? address.port };
    await listen(server, door, { address: place }).then(
      (written) => {
        servers.push(server);
        bound.push(written);
      },
      (error: unknown) => failures.push(error),
    );
  }
  const [first] = bound;
  if (first === undefined) throw failures[0];
  return { address: first, servers };
}

/** Leaves a name that does not resolve to the server, whose error says more. */
async function hostsOf({ host }: { readonly host: string }): Promise<readonly string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.length === 0 ? [host] : found.map(({ address }) => address);
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' ? address?.port : undefined;
}
