import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../../tools/redis.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';
import { controlsOf, type ServerControls } from './controls.ts';

export interface RedisServerOptions {
  /** In addition to the defaults: loopback, every write on disk before it is acknowledged, 300 databases. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A stopped server, whose port and data the new one takes over. */
  readonly after?: RedisServer;
  /** The port; a free one by default. */
  readonly port?: number;
}

/** A real Redis on a port of the loopback address. */
export interface RedisServer extends ServerControls {
  readonly port: number;
  readonly folder: string;
  /** An operator's connection, which is closed with the server. */
  readonly client: Redis;
}

/** The port of the cluster bus is the clients' port plus this. */
export const BUS = 10_000;

const DEFAULTS = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'yes',
  appendfsync: 'always',
  databases: '300',
  loglevel: 'warning',
};

/** Starts a Redis; resolves once it accepts connections. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { settings = {}, after } = options;
  const { path } = await findRedisServer();
  const port = options.port ?? after?.port ?? (await freePorts(1))[0] ?? 0;
  const folder = after?.folder ?? (await mkdtemp(join(tmpdir(), 'sallyport-redis-')));
  const all = Object.entries({ ...DEFAULTS, port: String(port), dir: folder, ...settings });
  // A setting may have several words, like `user`.
  const args = all.flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
  const server = startProcess({ command: path, args });
  const client = new Redis({ port, password: settings['requirepass'], lazyConnect: true, retryStrategy: null });
  const controls = controlsOf(server, client, folder);
  // A cluster node accepts clients before it has opened its bus port, and exits if it cannot open it.
  await untilReady(server, 'cluster-enabled' in settings ? [port, port + BUS] : [port]);
  return { port, folder, client, ...controls };
}
