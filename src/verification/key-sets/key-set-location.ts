import { keyUrlProblem } from '../../config/key-url.ts';
import type { Clock } from '../../core/ports.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { UnexpectedAnswer, UnexpectedStatus } from '../../remote/fetch-text.ts';
import { readObject } from '../json-object.ts';
import type { FetchDocument } from './fetch-document.ts';

/** How long a location is cached, so that a flood of unknown `kid`s does not fetch the metadata too. */
const CACHE_MS = 60_000;
const MAX_QUOTED = 200;

/** The location of a key set. */
export interface Located {
  readonly url: URL;
  /** The monotonic time at which the issuer last confirmed it; `Infinity` if the configuration names it. */
  readonly asOfMs: number;
  /** Why the last attempt to confirm it failed, if it did. */
  readonly failure?: unknown;
}

/** Finds the location of an issuer's key set. */
export interface KeySetLocation {
  /** Resolves to the last known location if the issuer cannot be reached. Rejects if there is none. */
  locate(signal: AbortSignal): Promise<Located>;
}

/** A URL that the configuration names. */
export class FixedLocation implements KeySetLocation {
  private readonly located: Located;

  constructor(url: URL) {
    this.located = { url, asOfMs: Number.POSITIVE_INFINITY };
  }

  locate(): Promise<Located> {
    return Promise.resolve(this.located);
  }
}

export interface DiscoveredLocationParts {
  readonly issuer: string;
  /** The URL of the metadata; `undefined` for the well-known URLs below `issuer`. */
  readonly metadata: URL | undefined;
  readonly fetchDocument: FetchDocument;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * The `jwks_uri` of an issuer's metadata (OpenID Connect Discovery 1.0, section 4). If the server has no such document
 * (404, 403, an HTML page), the OAuth metadata of RFC 8414. While the metadata is unavailable, or is not the issuer's,
 * the last known location remains in use.
 */
export class DiscoveredLocation implements KeySetLocation {
  private readonly issuer: string;
  private readonly metadata: URL | undefined;
  private readonly fetchDocument: FetchDocument;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private known: Located | undefined;
  private attemptedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ issuer, metadata, fetchDocument, clock }: DiscoveredLocationParts) {
    this.issuer = issuer;
    this.metadata = metadata;
    this.fetchDocument = fetchDocument;
    this.clock = clock;
  }

  async locate(signal: AbortSignal): Promise<Located> {
    const nowMs = this.clock.monotonicMs();
    if (this.known !== undefined && nowMs - this.attemptedAtMs < CACHE_MS) return this.known;
    this.attemptedAtMs = nowMs;
    try {
      this.known = { url: await this.discover(signal), asOfMs: nowMs };
    } catch (failure) {
      if (this.known === undefined) throw failure;
      this.known = { ...this.known, failure };
    }
    return this.known;
  }

  private async discover(signal: AbortSignal): Promise<URL> {
    try {
      return readMetadata(await this.fetchMetadata(signal), this.issuer);
    } catch (cause) {
      throw new Error('its key set could not be discovered', { cause });
    }
  }

  private async fetchMetadata(signal: AbortSignal): Promise<JsonObject> {
    if (this.metadata !== undefined) return this.fetchObject(this.metadata, signal);
    const { openid, oauth } = metadataUrls(this.issuer);
    try {
      return await this.fetchObject(openid, signal);
    } catch (error) {
      if (!isMissingDocument(error)) throw error;
      return await this.fetchObject(oauth, signal).catch((oauthError: unknown) => {
        // The first error says more, unless it is a plain 404.
        throw error instanceof UnexpectedStatus && error.status === 404 ? oauthError : error;
      });
    }
  }

  private async fetchObject(url: URL, signal: AbortSignal): Promise<JsonObject> {
    return readObject((await this.fetchDocument(url, signal)).text);
  }
}

/**
 * Whether an error means that the server does not have the document: a 4xx status, or another page in its place. Other
 * failures may be temporary.
 */
function isMissingDocument(error: unknown): boolean {
  if (!(error instanceof UnexpectedStatus)) return error instanceof UnexpectedAnswer;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** OpenID appends its suffix to the issuer's path, OAuth puts its own before it. Both ignore a trailing slash. */
function metadataUrls(issuer: string): { readonly openid: URL; readonly oauth: URL } {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return {
    openid: new URL(`${origin}${path}/.well-known/openid-configuration`),
    oauth: new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  };
}

/**
 * Reads the metadata, whose `issuer` must equal ours exactly (OpenID Connect Discovery 1.0, section 4.3; RFC 8414,
 * section 3.3).
 */
function readMetadata({ issuer: named, jwks_uri: uri }: JsonObject, issuer: string): URL {
  if (named !== issuer) {
    throw new Error(`its document is of issuer ${quoteIssuer(named)}, not of ${quoteIssuer(issuer)}`);
  }
  if (typeof uri !== 'string') throw new Error('its document has no "jwks_uri"');
  const problem = keyUrlProblem(uri, 'a JWKS');
  if (problem !== undefined) throw new Error(`its "jwks_uri" is refused: ${problem}`);
  const url = new URL(uri);
  // Otherwise an https issuer could point at a plain HTTP listener on this machine.
  if (url.protocol === 'http:' && issuer.startsWith('https:')) throw new Error('its "jwks_uri" is refused: not https');
  return url;
}

/** Quotes an issuer without the parts of a URL that may be secret: user, password, query and fragment. */
function quoteIssuer(named: unknown): string {
  if (typeof named !== 'string') return 'none';
  const [shown = ''] = named.split(/[?#]/, 1);
  return JSON.stringify(`${shown}${shown === named ? '' : '…'}`.replace(/\/\/[^/]*@/, '//…@').slice(0, MAX_QUOTED));
}
