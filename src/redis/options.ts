import type { RedisOptions } from 'ioredis';
import type { HostPort, RedisAccess, RedisStoreConfig } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { ServerLabel } from './failure.ts';

const CONNECT_MS = 3_000;
const DISCONNECT_MS = 500;

/** The options of ioredis; `replyMapping` decides the types of its client. */
export type ClientOptions = RedisOptions & { replyMapping?: 'legacy' };

/** What every connection has. */
export const COMMON_OPTIONS = {
  connectionName: 'sallyport',
  // RESP3 has no use here, and some proxies do not know its greeting.
  protocol: 2,
  disableClientInfo: true,
  disconnectTimeout: DISCONNECT_MS,
  // No command waits for a connection, and none is sent twice.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // `Connection` checks the server itself.
  enableReadyCheck: false,
} as const satisfies ClientOptions;

/** The label of a Redis. With Sentinels, `host` is the name of their primary, and `at` returns its address. */
export function placeOf(read: () => RedisStoreConfig, at: () => HostPort | undefined = () => undefined): ServerLabel {
  const { host, port, database, tls, sentinel } = read();
  const authority = sentinel === undefined ? authorityOf({ host, port }) : host;
  const name = `${tls === undefined ? 'redis' : 'rediss'}://${authority}/${database}`;
  return {
    get name() {
      const primary = at();
      return primary === undefined ? name : `${name} at ${authorityOf(primary)}`;
    },
    get password() {
      const { password } = read();
      return password && textOf(password);
    },
  };
}

/**
 * The options of ioredis for a connection. It closes after `silenceMs` of silence while an answer is due: the other end
 * may be gone without notice. A `Connector` chooses the server.
 */
export function optionsFor(
  config: RedisStoreConfig,
  silenceMs: number,
  Connector?: ClientOptions['Connector'],
): ClientOptions {
  const { host, port, database } = config;
  return {
    ...COMMON_OPTIONS,
    ...accessOptions(config),
    host,
    port,
    db: database,
    connectTimeout: CONNECT_MS,
    socketTimeout: silenceMs,
    Connector,
  };
}

export function accessOptions({ username, password, tls }: RedisAccess): ClientOptions {
  return {
    username,
    password: password && textOf(password),
    tls: tls && { ca: tls.ca, cert: tls.cert, key: tls.key && Buffer.from(tls.key.reveal()) },
  };
}

export function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('utf8');
}

function authorityOf({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
