import { createPublicKey } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { KeySource, VerificationKey } from './keys.ts';
import { fits, isSameAlgorithm } from './keys.ts';

const MAX_BYTES = 512 * 1024;
const MAX_KEYS = 100;
const FETCH_TIMEOUT_MS = 5_000;
/** Shortest time between two fetches, failed ones counted: tokens with unknown `kid`s must not become our issuer's load. */
const COOL_DOWN_MS = 30_000;

/** Fetches a key set's text; injected so that tests need no network. */
export type FetchText = (url: URL) => Promise<string>;

/** A key of a set, with the members that say what it may be used for. */
interface PublishedKey extends VerificationKey {
  readonly algorithm: string | undefined;
  readonly spelling: string;
}

/**
 * The keys that an issuer publishes as a JWK Set (RFC 7517, section 5). Fetched on first use, and again when a token
 * names a `kid` that the set lacks, one fetch at a time and never two within the cool-down. The last good set stays
 * while the issuer cannot be reached.
 */
export class RemoteKeySet implements KeySource {
  private readonly url: URL;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly fetchText: FetchText;
  private keys: readonly PublishedKey[] | undefined;
  private failure: unknown;
  private fetchedAtMs = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | undefined;

  constructor(url: URL, clock: Pick<Clock, 'monotonicMs'>, fetchText: FetchText = fetchLimited) {
    this.url = url;
    this.clock = clock;
    this.fetchText = fetchText;
  }

  async find(algorithm: string, kid: string | undefined): Promise<readonly VerificationKey[]> {
    const found = this.select(algorithm, kid);
    if (found.length > 0) return found;
    await this.refetch();
    const refound = this.select(algorithm, kid);
    if (refound.length === 0 && this.failure !== undefined) throw unreachable(this.url, this.failure);
    return refound;
  }

  private select(algorithm: string, kid: string | undefined): readonly PublishedKey[] {
    return (this.keys ?? []).filter(
      (key) =>
        (kid === undefined || key.kid === kid) &&
        (key.algorithm === undefined || isSameAlgorithm(key.algorithm, algorithm)) &&
        fits(key.key, algorithm),
    );
  }

  private async refetch(): Promise<void> {
    const now = this.clock.monotonicMs();
    if (this.fetching === undefined && now - this.fetchedAtMs < COOL_DOWN_MS) return;
    this.fetchedAtMs = this.fetching === undefined ? now : this.fetchedAtMs;
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = undefined;
    });
    await this.fetching;
  }

  private async fetch(): Promise<void> {
    try {
      this.replace(readKeySet(await this.fetchText(this.url)));
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
    }
  }

  /** A key that both sets hold stays the same object, so what it verified stays verified; a dropped one ends. */
  private replace(keys: readonly PublishedKey[]): void {
    const former = this.keys ?? [];
    const bySpelling = new Map(former.map((key) => [key.spelling, key]));
    const current = new Set(keys.map((key) => bySpelling.get(key.spelling) ?? key));
    this.keys = [...current];
    for (const key of former) key.inForce.inForce = current.has(key);
  }
}

function unreachable(url: URL, cause: unknown): Error {
  return new Error(`no key set from ${url.host}`, { cause });
}

function readKeySet(text: string): readonly PublishedKey[] {
  const set: unknown = JSON.parse(text);
  const keys = isObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) throw new Error('the document has no "keys" array');
  return keys.slice(0, MAX_KEYS).flatMap(readKey);
}

/** One JWK, none where it is no public signature key that we can read (RFC 7517, section 5: such keys are ignored). */
function readKey(jwk: unknown): PublishedKey[] {
  if (!isObject(jwk) || jwk['kty'] === 'oct' || (jwk['use'] !== undefined && jwk['use'] !== 'sig')) return [];
  const operations = jwk['key_ops'];
  if (Array.isArray(operations) && !operations.includes('verify')) return [];
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const { kid, alg } = jwk;
    const spelling = JSON.stringify([kid, alg, key.export({ format: 'jwk' })]);
    return [{ kid: text(kid), algorithm: text(alg), key, spelling, inForce: { inForce: true } }];
  } catch {
    return [];
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** No redirects, bounded in time and size. */
async function fetchLimited(url: URL): Promise<string> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // The body of a fetch is bytes; the types leave it open.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it sent over ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
