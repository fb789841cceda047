import { BlockList, isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { readAddress, readHop } from './forwarded-hop.ts';

const ANY_HOP = /[^\s,]/;
/** The name of a field by which a proxy describes a request, apart from `X-Forwarded-For`. */
const FURTHER_FIELD = /^x-forwarded-(?!for$)/;

/** Told when a client's address may be wrong. */
export interface ForwardingObserver {
  /**
   * A peer that is not a trusted proxy sent `X-Forwarded-For` or the like: a client that made it up, or a proxy that is missing in
   * `trustedProxies`, so that all clients behind it count as one.
   *
   * @param door its key under `listen`.
   */
  forwardedForIgnored(door: string, peer: string): void;
}

/** The client's address, and the peer whose `X-Forwarded-For` was ignored, if any. */
export interface ClientReading {
  readonly client: string | undefined;
  readonly distrusted: string | undefined;
}

/**
 * The client's address: the peer's, or, if the peer is a trusted proxy, the one that it forwards, and so on. The chain
 * ends at the proxy that forwards something other than an address.
 *
 * @param forwardedFor `X-Forwarded-For`, to which each proxy appends its own peer.
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

/**
 * The client's address behind a proxy that connects through a Unix socket: what it forwards last is as good as the address
 * of a peer. `undefined` if it forwards none.
 */
function readBehindSocket(forwardedFor: string, trusted: readonly string[]): string | undefined {
  const comma = forwardedFor.lastIndexOf(',');
  const last = readHop(forwardedFor.slice(comma + 1));
  return readClient(last, forwardedFor.slice(0, Math.max(0, comma)), trusted).client;
}

/** Yields hops one by one, so that a field of tens of thousands costs only what is read. */
function* hopsFromEnd(forwardedFor: string): Generator<string> {
  let end = forwardedFor.length;
  for (let comma = end; comma >= 0; end = comma) {
    comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    yield forwardedFor.slice(comma + 1, end);
  }
}

/** A gateway that appends its own address, as Envoy does, forwards nothing new. */
function tellsOfOthers(forwardedFor: string, peer: string): boolean {
  const comma = forwardedFor.lastIndexOf(',');
  const isOwn = readHop(forwardedFor.slice(comma + 1)) === peer;
  return ANY_HOP.test(isOwn ? forwardedFor.slice(0, Math.max(0, comma)) : forwardedFor);
}

/** Reads the client addresses of one door. */
export class ClientAddresses {
  private readonly door: string;
  private readonly trusted: () => readonly string[];
  private readonly observer: ForwardingObserver;

  constructor(door: string, trusted: () => readonly string[], observer: ForwardingObserver) {
    this.door = door;
    this.trusted = trusted;
    this.observer = observer;
  }

  /**
   * See {@link readClient}.
   *
   * @param forwardsMore whether there are other `X-Forwarded-*` fields, which are ignored from an untrusted peer too.
   */
  read(peer: string | undefined, forwardedFor: string | undefined, forwardsMore = false): string | undefined {
    const trusted = this.trusted();
    const { client, distrusted } = readClient(peer, forwardedFor, trusted);
    const ignored = distrusted ?? (forwardsMore && !isProxy(peer, trusted) ? client : undefined);
    if (ignored !== undefined) this.observer.forwardedForIgnored(this.door, ignored);
    return client;
  }

  /** The client that a trusted proxy forwards. @param peer `undefined` for a proxy behind a Unix socket. */
  readTrusted(peer: string | undefined, forwardedFor: string | undefined): string | undefined {
    const trusted = this.trusted();
    if (peer === undefined) return readBehindSocket(forwardedFor ?? '', trusted);
    return readClient(peer, forwardedFor, trusted).client;
  }
}

/** The compiled form of each configuration's list. */
const compiled = new WeakMap<readonly string[], BlockList>();

/** Whether a peer is a trusted proxy. @param peer its address, in any spelling. */
export function isProxy(peer: string | undefined, trusted: readonly string[]): boolean {
  return peer !== undefined && isTrusted(readAddress(peer) ?? peer, trusted);
}

/** Whether a peer's address is in one of the ranges; accepts IPv4 addresses in their IPv6 form. */
export function isTrusted(address: string, ranges: readonly string[]): boolean {
  const list = compiled.get(ranges) ?? compile(ranges);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function compile(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  compiled.set(ranges, list);
  return list;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's address; empty if the peer has none, as at a Unix socket. */
    client: string;
  }
}

/** Sets each request's `client` before any other hook runs. */
export function noteClients(server: FastifyInstance, addresses: ClientAddresses): void {
  server.decorateRequest('client', '');
  server.addHook('onRequest', async (request) => {
    const forwardedFor = [request.headers['x-forwarded-for'] ?? []].flat().join(',') || undefined;
    const forwardsMore = Object.keys(request.headers).some((name) => FURTHER_FIELD.test(name));
    request.client = addresses.read(request.socket.remoteAddress, forwardedFor, forwardsMore) ?? '';
  });
}
