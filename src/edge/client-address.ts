import { readAddress, readHop } from './forwarded-hop.ts';
import { isTrusted } from './trusted-proxies.ts';

const ANY_HOP = /[^\s,]/;

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
  const told = forwardedFor ?? '';
  if (!isTrusted(first, trusted)) return { client: first, distrusted: tellsOfOthers(told, first) ? first : undefined };
  let client = first;
  for (const hop of hopsFromEnd(told)) {
    const before = isTrusted(client, trusted) ? readHop(hop) : undefined;
    if (before === undefined) break;
    client = before;
  }
  return { client, distrusted: undefined };
}

/** One by one, so that a field of tens of thousands costs no more than is read of it. */
function* hopsFromEnd(forwardedFor: string): Generator<string> {
  let end = forwardedFor.length;
  for (let comma = end; comma >= 0; end = comma) {
    comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    yield forwardedFor.slice(comma + 1, end);
  }
}

/** A gateway that names its own peer at the end of the header, as Envoy does, tells nothing new by that. */
function tellsOfOthers(forwardedFor: string, peer: string): boolean {
  const comma = forwardedFor.lastIndexOf(',');
  const isOwn = readHop(forwardedFor.slice(comma + 1)) === peer;
  return ANY_HOP.test(isOwn ? forwardedFor.slice(0, Math.max(0, comma)) : forwardedFor);
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
