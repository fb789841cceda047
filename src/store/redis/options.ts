import type { RedisOptions } from 'ioredis';
import type { RedisStoreConfig } from '../../config/config.ts';
import type { Place } from './failure.ts';

const CONNECT_MS = 3_000;
const DISCONNECT_MS = 500;

/** ioredis's, whose client's types follow from how replies are mapped. */
export type ClientOptions = RedisOptions & { replyMapping?: 'legacy' };

/** Which Redis this is, for error messages. */
export function placeOf({ host, port, database, password, tls }: RedisStoreConfig): Place {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const name = `${tls === undefined ? 'redis' : 'rediss'}://${authority}/${database}`;
  return { name, password: password && textOf(password.reveal()) };
}

/**
 * What ioredis needs for a connection. One that says nothing for `silenceMs` while it owes an answer is given up:
 * the other end may have gone without a word.
 */
export function optionsFor(config: RedisStoreConfig, silenceMs: number): ClientOptions {
  const { host, port, database, username, password, tls } = config;
  return {
    host,
    port,
    db: database,
    username,
    password: password && textOf(password.reveal()),
    tls: tls && { ca: tls.ca, cert: tls.cert, key: tls.key && Buffer.from(tls.key.reveal()) },
    connectionName: 'sallyport',
    // RESP3 brings nothing here, and its greeting is unknown to some proxies.
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    socketTimeout: silenceMs,
    // Nothing waits for a connection, and nothing is sent a second time.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // `Connection` looks at the server itself.
    enableReadyCheck: false,
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
