import { keyUrlProblem } from '../../config/key-url.ts';
import type { Clock } from '../../core/ports.ts';
import { UnexpectedAnswer, UnexpectedStatus } from '../fetch-text.ts';
import type { JsonObject } from '../json-object.ts';
import { readObject } from '../json-object.ts';
import type { FetchDocument } from './fetch-document.ts';

/** How long a location is taken for known, so that a flood of unknown `kid`s is not passed on twice. */
const KNOWN_MS = 60_000;
const MAX_QUOTED = 200;

/** A place that a key set can be fetched from. */
export interface Located {
  readonly url: URL;
  /** The monotonic moment at which the issuer said so last; `Infinity` where the configuration says so. */
  readonly asOfMs: number;
  /** Why that could not be asked again, where it could not. */
  readonly failure?: unknown;
}

/** Knows where an issuer's key set is. */
export interface KeySetLocation {
  /** Rejects where that was never known. */
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

/**
 * The `jwks_uri` of an issuer's metadata: OpenID Connect Discovery 1.0, section 4, or RFC 8414 where the server has no
 * document of the former, whatever it says instead (404, 403, a page of HTML). While the metadata cannot be had, or is not the issuer's, the last known place stays.
 */
export class DiscoveredLocation implements KeySetLocation {
  private readonly issuer: string;
  private readonly fetchDocument: FetchDocument;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private known: Located | undefined;
  private askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(issuer: string, fetchDocument: FetchDocument, clock: Pick<Clock, 'monotonicMs'>) {
    this.issuer = issuer;
    this.fetchDocument = fetchDocument;
    this.clock = clock;
  }

  async locate(signal: AbortSignal): Promise<Located> {
    const nowMs = this.clock.monotonicMs();
    if (this.known !== undefined && nowMs - this.askedAtMs < KNOWN_MS) return this.known;
    this.askedAtMs = nowMs;
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
    const { openid, oauth } = metadataUrls(this.issuer);
    try {
      return await this.fetchObject(openid, signal);
    } catch (error) {
      if (!isAnswerOfNone(error)) throw error;
      return await this.fetchObject(oauth, signal).catch((other: unknown) => {
        // What was asked for first says more, but for a plain 404.
        throw error instanceof UnexpectedStatus && error.status === 404 ? other : error;
      });
    }
  }

  private async fetchObject(url: URL, signal: AbortSignal): Promise<JsonObject> {
    return readObject((await this.fetchDocument(url, signal)).text);
  }
}

/** Whether a server says that it has no such document, or shows some page in its place. A time may come for others. */
function isAnswerOfNone(error: unknown): boolean {
  if (!(error instanceof UnexpectedStatus)) return error instanceof UnexpectedAnswer;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The one is appended to the issuer's path, the other put before it; a slash at the end counts for neither. */
function metadataUrls(issuer: string): { readonly openid: URL; readonly oauth: URL } {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return {
    openid: new URL(`${origin}${path}/.well-known/openid-configuration`),
    oauth: new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  };
}

/** `issuer` must be the same to the byte (OpenID Connect Discovery 1.0, section 4.3; RFC 8414, section 3.3). */
function readMetadata({ issuer: named, jwks_uri: uri }: JsonObject, issuer: string): URL {
  if (named !== issuer)
    throw new Error(`its document is of issuer ${quoteIssuer(named)}, not of ${quoteIssuer(issuer)}`);
  if (typeof uri !== 'string') throw new Error('its document has no "jwks_uri"');
  const problem = keyUrlProblem(uri, 'a JWKS');
  if (problem !== undefined) throw new Error(`its "jwks_uri" is refused: ${problem}`);
  const url = new URL(uri);
  // What lies behind https is not to be exchanged for what listens on this machine.
  if (url.protocol === 'http:' && issuer.startsWith('https:')) throw new Error('its "jwks_uri" is refused: not https');
  return url;
}

/** Without what may be secret in a URL: user, password, query and fragment. */
function quoteIssuer(named: unknown): string {
  if (typeof named !== 'string') return 'none';
  const [shown = ''] = named.split(/[?#]/, 1);
  return JSON.stringify(`${shown}${shown === named ? '' : '…'}`.replace(/\/\/[^/]*@/, '//…@').slice(0, MAX_QUOTED));
}
