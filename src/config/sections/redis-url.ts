import { isIPv6 } from 'node:net';

/** The address of a Redis server. */
export interface RedisUrl {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the URL contains the port; otherwise it is Redis's default. */
  readonly hasPort: boolean;
  readonly database: number;
  /** Whether to connect with TLS. */
  readonly isSecure: boolean;
}

const EXPECTED = 'expected redis://HOST[:PORT][/DATABASE], or rediss:// for TLS';
const DEFAULT_PORT = 6379;
const NAME = /^[A-Za-z0-9._-]+$/;
const DATABASE = /^\/?(0|[1-9][0-9]{0,4})?$/;

/** Whether the text is meant as the URL of a Redis server, well-formed or not. */
export function isRedisUrl(text: string): boolean {
  return /^rediss?:/i.test(text);
}

/** Parses `redis://host:6379/0`, or returns what is wrong with it, without quoting it: it may contain a password. */
export function parseRedisUrl(text: string): RedisUrl | string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) return EXPECTED;
  if (url.username !== '' || url.password !== '') {
    return 'a URL must not contain credentials: write { url, username, password: { env: NAME } }';
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const database = DATABASE.exec(url.pathname)?.[1] ?? '0';
  const isPlain = url.search === '' && url.hash === '' && DATABASE.test(url.pathname);
  if (!isPlain || !(NAME.test(host) || isIPv6(host)) || url.port === '0') return EXPECTED;
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return { host, port, hasPort: url.port !== '', database: Number(database), isSecure: url.protocol === 'rediss:' };
}
