import { isIPv6 } from 'node:net';

/** Where a Redis server is. */
export interface RedisUrl {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the port is written; otherwise it is Redis's own. */
  readonly hasPort: boolean;
  readonly database: number;
  /** TLS from the first byte. */
  readonly isSecure: boolean;
}

const EXPECTED = 'expected redis://HOST[:PORT][/DATABASE], or rediss:// for TLS';
const DEFAULT_PORT = 6379;
const NAME = /^[A-Za-z0-9._-]+$/;
const DATABASE = /^\/?(0|[1-9][0-9]{0,4})?$/;

/** Whether it is meant to name a Redis server, rightly or not. */
export function isRedisUrl(text: string): boolean {
  return /^rediss?:/i.test(text);
}

/** Reads `redis://host:6379/0`, or says what is wrong with it. Never prints it: it may hold a password. */
export function parseRedisUrl(text: string): RedisUrl | string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) return EXPECTED;
  if (url.username !== '' || url.password !== '') {
    return 'a URL must not hold credentials: write { url, username, password: { env: NAME } }';
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const database = DATABASE.exec(url.pathname)?.[1] ?? '0';
  const isPlain = url.search === '' && url.hash === '' && DATABASE.test(url.pathname);
  if (!isPlain || !(NAME.test(host) || isIPv6(host)) || url.port === '0') return EXPECTED;
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return { host, port, hasPort: url.port !== '', database: Number(database), isSecure: url.protocol === 'rediss:' };
}
