import { isIP } from 'node:net';
import type { Listener } from '../../config/config.ts';

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port. */
const AUTHORITY = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d*)?$/;

/**
 * Whether a request is meant for this listener. A web page can make its own host name resolve to this machine (DNS
 * rebinding), and the browser then sends that name. It cannot make the browser send an IP address, or a name without a
 * dot, which cannot be registered.
 *
 * @param host the Host field. Browsers always send one.
 */
export function isMeantForUs(host: string | undefined, { address, hosts = [] }: Listener): boolean {
  if (host === undefined || host === '' || 'path' in address) return true;
  const [, bracketed, written] = AUTHORITY.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = written?.toLowerCase().replace(/\.$/, '');
  if (name === undefined || name === '') return false;
  if (isIP(name) !== 0 || !name.includes('.') || name === address.host.toLowerCase()) return true;
  return hosts.some((own) => (own.startsWith('*.') ? name.endsWith(own.slice(1)) : name === own));
}
