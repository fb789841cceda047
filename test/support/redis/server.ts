import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../../tools/redis.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';

export interface RedisServerOptions {
  /** Beside the defaults: loopback, every write on disk before it is acknowledged, 300 databases. */
  readonly settings?: Readonly<Record<string, string>>;
  /** An earlier one's, to start again on what it left, where it was; without it everything is new. */
  readonly after?: RedisServer;
  /** Where it listens; a port that is free, without it. */
  readonly port?: number;
}

/** A real Redis on a port of the loopback address. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  /** A client of it, as an operator has one, that is gone when the server is. */
  readonly client: Redis;
  /** Stops it where it is, as a machine that hangs does: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it as a crash would. */
  kill9(): Promise<void>;
  /** Ends it and removes what it kept. */
  close(): Promise<void>;
}

/** How far a cluster's own port lies behind the clients'. */
export const BUS = 10_000;

const DEFAULTS = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'yes',
  appendfsync: 'always',
  databases: '300',
  loglevel: 'warning',
};

/** Starts a Redis; resolves once it takes connections. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { settings = {}, after } = options;
  const { path } = await findRedisServer();
  const port = options.port ?? after?.port ?? (await freePorts(1))[0] ?? 0;
  const folder = after?.folder ?? (await mkdtemp(join(tmpdir(), 'sallyport-redis-')));
  const all = Object.entries({ ...DEFAULTS, port: String(port), dir: folder, ...settings });
  // A setting may have several words, as `user` has.
  const args = all.flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
  const server = startProcess({ command: path, args });
  const client = new Redis({ port, password: settings['requirepass'], lazyConnect: true, retryStrategy: null });
  // Whoever asks is told.
  client.on('error', () => undefined);
  const signal = (name: NodeJS.Signals): void => void process.kill(server.pid ?? 0, name);
  const kill9 = async (): Promise<void> => {
    client.disconnect();
    await server.kill9();
  };
  const close = async (): Promise<void> => {
    await kill9();
    await rm(folder, { recursive: true, force: true });
  };
  // A node of a cluster takes clients before it has its port of the bus, and ends where it does not get that one.
  await untilReady(server, 'cluster-enabled' in settings ? [port, port + BUS] : [port]);
  return { port, folder, client, freeze: () => signal('SIGSTOP'), thaw: () => signal('SIGCONT'), kill9, close };
}
