import { isIP } from 'node:net';

/** An address in brackets, or one without a colon, and an optional port, obfuscated or not (RFC 7239, section 6). */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The address in one hop of a forwarding header, without port, brackets, quotes and zone: `198.51.100.9:443`,
 * `"[2001:db8::1]:443"`, `fe80::1%eth0`. `undefined` if there is none, as in `unknown` and `_hidden`.
 */
export function readHop(hop: string): string | undefined {
  const trimmed = hop.trim();
  const unquoted = /^"(.*)"$/.exec(trimmed)?.[1] ?? trimmed;
  const plain = readAddress(unquoted);
  if (plain !== undefined) return plain;
  const [, bracketed, other] = WITH_PORT.exec(unquoted) ?? [];
  return readAddress(bracketed ?? other ?? '');
}

/**
 * An IP address in its canonical spelling, so that no client has two: IPv6 as in RFC 5952 and without its zone, and a
 * mapped address (`::ffff:0:0/96`) as IPv4. `undefined` for anything else.
 */
export function readAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6) return undefined;
  const address = new URL(`http://[${text.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED.exec(address) ?? [];
  return high === undefined || low === undefined
    ? address
    : dotted(Number.parseInt(high, 16), Number.parseInt(low, 16));
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
