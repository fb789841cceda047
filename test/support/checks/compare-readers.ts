import type { DecodedCheck, MalformedCheck } from '../../../src/edge/ext-authz/decode.ts';
import { decodeCheck } from '../../../src/edge/ext-authz/decode.ts';
import type { CheckTerms } from '../../../src/edge/ext-authz/header-name.ts';
import { headerName } from '../../../src/edge/ext-authz/header-name.ts';
import { createMcpMetadataReader } from '../../../src/edge/ext-authz/mcp-metadata.ts';
import type { CheckRequest, Metadata, Peer } from '../../../src/edge/ext-authz/messages.ts';
import { loadPackage } from '../../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { createCheckCollector } from '../../../src/edge/ext-authz/wire/check-collector.ts';
import { CheckReader } from '../../../src/edge/ext-authz/wire/check-reader.ts';
import { readMetadata } from '../../../src/edge/ext-authz/wire/metadata-reader.ts';
import { readPeer } from '../../../src/edge/ext-authz/wire/peer-reader.ts';
import type { MessageCollector } from '../../../src/http2/unary.ts';
import { HEADERS } from '../ext-authz.ts';
import { CHECK, judge, PEER, type Refusal } from './judge.ts';
import type { Random } from './random-checks.ts';

/**
 * What became of a message: read the same by both, refused for this reason, or with metadata that
 * one of them cannot read, for which the request is denied. */
export type Comparison = 'read' | 'unreadable metadata' | Refusal;

/**
 * Compares our reader with the proto loader's, and with itself if the message arrives in pieces. Throws if they differ
 * otherwise than {@link judge} says.
 */
export function createComparer(random: Random): (message: Buffer) => Comparison {
  const loaded = loadPackage();
  const terms: CheckTerms = {
    isDisguised: (name) => HEADERS.isDisguised(name),
    wantedFields: new Set(['cookie', 'x-api-key', 'origin', 'x-forwarded-for']),
  };
  const concerns = (key: string): boolean => {
    const { role, isWanted } = headerName(key, terms);
    return role !== 'none' || isWanted;
  };
  const ours = new CheckReader(readersWith(readPeer, readMetadata));
  const collect = createCheckCollector(Number.POSITIVE_INFINITY);
  const theirs = readersWith(
    (bytes) => loaded.peer.deserialize(bytes),
    (bytes) => loaded.metadata.deserialize(bytes),
  );
  return (message) => {
    const refusal = judge(message, CHECK, concerns);
    const read = attempt(() => ours.read(message, terms, undefined));
    mustReadTheSame(
      read,
      attempt(() => readPieces(ours, terms, collect(), message, random)),
    );
    if (read === 'thrown') return 'unreadable metadata';
    if ((read.outcome === 'malformed') !== (refusal !== undefined)) {
      throw new Error(`${refusal ?? 'acceptable'}, but ${read.outcome}`);
    }
    if (refusal !== undefined) return refusal;
    // What the definition of the service says.
    const check = loaded.service.Check.requestDeserialize(message) as CheckRequest;
    const expected = attempt(() => decodeCheck(check, terms, theirs));
    // The proto loader cannot read an entry without a value.
    if (expected === 'thrown' && check.attributes?.metadata_context !== undefined) return 'unreadable metadata';
    if (expected === 'thrown') throw new Error('the proto loader cannot read it');
    mustEqual(read, expected, check.attributes?.source);
    return 'read';
  };
}

type Reading = DecodedCheck | MalformedCheck | 'thrown';

/** Reads a message that arrives in pieces. */
function readPieces(
  reader: CheckReader,
  terms: CheckTerms,
  collector: MessageCollector,
  message: Buffer,
  random: Random,
): Reading {
  for (let at = 0; at < message.length; ) {
    const end = Math.min(message.length, at + 1 + random(random(2) === 0 ? 4 : 400));
    // The transport uses the memory of a piece again.
    const piece = Buffer.from(message.subarray(at, end));
    collector.add(piece);
    piece.fill(0xff);
    at = end;
  }
  const kept = collector.end();
  return Buffer.isBuffer(kept) ? reader.read(kept, terms, undefined) : { outcome: 'malformed' };
}

function mustReadTheSame(whole: Reading, pieces: Reading): void {
  const [left, right] = [whole, pieces].map((read) =>
    read === 'thrown' || read.outcome === 'malformed' ? JSON.stringify(read) : describe(read, false),
  );
  if (left !== right) throw new Error(`read as\n${left}\nbut in pieces as\n${right}`);
}

function readersWith(peer: (bytes: Buffer) => Peer, metadata: (bytes: Buffer) => Metadata) {
  return {
    readClient: (source: Uint8Array | undefined, forwardedFor: string | undefined) =>
      `${(source && peer(Buffer.from(source)).address?.socket_address?.address) || undefined} ${forwardedFor}`,
    readCertificate: (source: Uint8Array) => peer(Buffer.from(source)).certificate || undefined,
    readMetadata: createMcpMetadataReader({ deserialize: metadata }),
  };
}

function mustEqual(ours: DecodedCheck | MalformedCheck, theirs: DecodedCheck, source: Uint8Array | undefined): void {
  const isPeerRead = source === undefined || judge(Buffer.from(source), PEER) === undefined;
  const [left, right] = [ours, theirs].map((check) => (check.outcome === 'decoded' ? describe(check, isPeerRead) : ''));
  if (left !== right) throw new Error(`read as\n${left}\nbut by the proto loader as\n${right}`);
}

function describe({ request, shown }: DecodedCheck, isPeerRead: boolean): string {
  const { client, certificate, fields, ...others } = request;
  const peer = isPeerRead ? [client?.(), certificate?.()] : [];
  const ordered = Object.fromEntries(Object.entries(others).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  return JSON.stringify([ordered, [...(fields ?? [])], shown, peer]).replaceAll('"]', '"]\n');
}

function attempt<Result>(work: () => Result): Result | 'thrown' {
  try {
    return work();
  } catch {
    return 'thrown';
  }
}
