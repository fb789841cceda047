import type { RedisOptions } from 'ioredis';
import type { HostPort, RedisAccess, RedisStoreConfig } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { ServerLabel } from './failure.ts';

const CONNECT_MS = 3_000;
const DISCONNECT_MS = 500;

/** ioredis's, whose client's types follow from how replies are mapped. */
export type ClientOptions = RedisOptions & { replyMapping?: 'legacy' };

/** What every connection has. */
export const COMMON_OPTIONS = {
  connectionName: 'sallyport',
  // RESP3 brings nothing here, and its greeting is unknown to some proxies.
  protocol: 2,
  disableClientInfo: true,
  disconnectTimeout: DISCONNECT_MS,
  // Nothing waits for a connection, and nothing is sent a second time.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // `Connection` looks at the server itself.
  enableReadyCheck: false,
} as const satisfies ClientOptions;

/** Which Redis this is, for error messages. With Sentinels, `host` is the name of their primary, `at` where that is. */
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
 * What ioredis needs for a connection. One that says nothing for `silenceMs` while it owes an answer is given up:
 * the other end may have gone without a word. With a `Connector`, that decides which server it leads to.
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
