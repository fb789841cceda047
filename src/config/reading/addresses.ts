import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Listener } from '../config.ts';

/** Where a listener listens. */
export type Address = Listener['address'];

const HOST_PORT = /^(?:\[([^\]]+)\]|([A-Za-z0-9._-]+)):(0|[1-9][0-9]{0,4})$/;
const CIDR = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9][0-9]{0,2}))?$/;

/** Reads `host:port`, `[IPv6]:port` or `unix:path`; `undefined` for anything else. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' || path.includes('\0') ? undefined : { path };
  }
  const [, bracketed, name, digits] = HOST_PORT.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  const wellFormed = bracketed === undefined ? isIPv4(host) || !/^[0-9.]+$/.test(host) : isIPv6(host);
  return wellFormed ? { host, port } : undefined;
}

/** Whether a host, without brackets, is a loopback address: 127.0.0.0/8, ::1 or `localhost`. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.toLowerCase() === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether two listeners cannot both be open: the same path, or the same port on the same host or a wildcard. */
export function collide(left: Address, right: Address): boolean {
  if ('path' in left || 'path' in right) return 'path' in left && 'path' in right && left.path === right.path;
  if (left.port !== right.port || left.port === 0) return false;
  return left.host === right.host || isWildcard(left.host) || isWildcard(right.host);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether `text` is an IP address or a range in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [, address = '', prefix = '0'] = CIDR.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix) <= (family === 4 ? 32 : 128);
}
