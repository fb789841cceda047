import { isIP } from 'node:net';
import type { Listener } from '../../config/config.ts';

/** A name or an IPv4 address, or an IPv6 address in brackets; then, maybe, a port. */
const AUTHORITY = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d*)?$/;

/**
 * Whether a request is meant for this listener. A page on the web can make its own name point here (DNS rebinding), and
 * a browser then sends that name: it can send no IP address, and no name without a dot, which nobody registers.
 *
 * @param host the Host field; what sends none is no browser.
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
