import { readAddress, readHop } from './forwarded-hop.ts';
import { isTrusted } from './trusted-proxies.ts';

/** Told where a client's address may be another than is believed. */
export interface ForwardingObserver {
  /**
   * A peer that is no trusted proxy told of other addresses: a client that made them up, or a proxy that is missing in
   * `trustedProxies`, behind which all clients count as one.
   *
   * @param door its key under `listen`.
   */
  forwardedForIgnored(door: string, peer: string): void;
}

/** Who the client is, and the peer whose word about that does not count, if there is one. */
export interface ClientReading {
  readonly client: string | undefined;
  readonly distrusted: string | undefined;
}

/**
 * The client's address: the peer's, or, where that is a trusted proxy, the one that it tells of, and so on. What cannot
 * be read as an address ends the chain at the proxy that told it.
 *
 * @param forwardedFor `X-Forwarded-For`, each proxy having added its own peer at the end.
 * @param trusted CIDR ranges and addresses.
 */
export function readClient(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: readonly string[],
): ClientReading {
  if (peer === undefined) return { client: undefined, distrusted: undefined };
  const first = readAddress(peer) ?? peer;
  const hops = forwardedFor?.split(',').toReversed() ?? [];
  if (!isTrusted(first, trusted)) return { client: first, distrusted: tellsOfOthers(hops, first) ? first : undefined };
  let client = first;
  for (const hop of hops) {
    const told = isTrusted(client, trusted) ? readHop(hop) : undefined;
    if (told === undefined) break;
    client = told;
  }
  return { client, distrusted: undefined };
}

/** A gateway that names its own peer at the end of the header, as Envoy does, tells nothing new by that. */
function tellsOfOthers([last, ...others]: readonly string[], peer: string): boolean {
  const told = last !== undefined && readHop(last) === peer ? others : [last ?? '', ...others];
  return told.some((hop) => hop.trim() !== '');
}

/** Reads the addresses of one door's clients. */
export class ClientAddresses {
  private readonly door: string;
  private readonly trusted: () => readonly string[];
  private readonly observer: ForwardingObserver;

  constructor(door: string, trusted: () => readonly string[], observer: ForwardingObserver) {
    this.door = door;
    this.trusted = trusted;
    this.observer = observer;
  }

  /** See {@link readClient}. */
  read(peer: string | undefined, forwardedFor: string | undefined): string | undefined {
    const { client, distrusted } = readClient(peer, forwardedFor, this.trusted());
    if (distrusted !== undefined) this.observer.forwardedForIgnored(this.door, distrusted);
    return client;
  }
}
