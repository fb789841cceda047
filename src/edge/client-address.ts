import { isIP } from 'node:net';
import { isTrusted } from './trusted-proxies.ts';

/**
 * The client's address: the peer's, or, where that is a trusted proxy, the one that it tells of, and so on. What cannot
 * be read as an address ends the chain at the proxy that told it.
 *
 * @param forwardedFor `X-Forwarded-For`, each proxy having added its own peer at the end.
 * @param trusted CIDR ranges and addresses.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: readonly string[],
): string | undefined {
  if (peer === undefined || forwardedFor === undefined) return peer;
  let address = peer;
  for (const hop of forwardedFor.split(',').toReversed()) {
    const told = hop.trim();
    if (!isTrusted(address, trusted) || isIP(told) === 0) break;
    address = told;
  }
  return address;
}
