import type { McpReading } from './resource/mcp-message.ts';

/** The listeners that turn foreign requests into an {@link AccessRequest}. `admin`: only for its call `POST /explain`. */
export type Door = 'ext-authz' | 'forward-auth' | 'access-api' | 'authzen' | 'tokens' | 'admin';

/**
 * One request to authorize, in the form that every door uses. Nothing in it has been decoded, normalised or trusted.
 */
export interface AccessRequest {
  readonly door: Door;
  /** As sent; methods are case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** The authority as the client sent it, with its port and letter case; may be empty. */
  readonly host: string;
  /** The request target with its query string, still percent-encoded. */
  readonly path: string;
  /** The Authorization field value; several fields arrive joined by commas (RFC 9110, section 5.3). */
  readonly authorization: string | undefined;
  /** `Origin` or a `Sec-Fetch-*` field is present: a Basic challenge would open the browser's log-in dialog. */
  readonly fromBrowser: boolean;
  /**
   * One scope that is asked about, without a request: then the method is `GET`, the path is `/` and the host is empty.
   */
  readonly scope?: string | undefined;
  /** The client's address, from trusted proxies if there are any; computed only when it is called. */
  readonly client?: ClientAddress | undefined;
  /**
   * The SHA-256 in base64url of the certificate with which the client connected to the gateway; computed only when it is
   * called. `undefined` if it had none, or if the gateway does not say.
   */
  readonly certificate?: (() => string | undefined) | undefined;
  /**
   * `x-request-id`, by which the gateway's access log names the request. Any client may write it: it has any length and
   * content, and several fields are joined by commas. Check it before it is printed.
   */
  readonly requestId?: string | undefined;
  /** `traceparent` of the gateway or the caller (W3C Trace Context), as received and unchecked, likewise. */
  readonly traceparent?: string | undefined;
  /**
   * The header fields that the configuration reads besides those above, by lower-case name; `undefined` without any.
   * Several fields of one name are joined by commas, cookies by `; `. A field that the gateway hides is absent.
   */
  readonly fields?: RequestFields | undefined;
  /** Whether its gateway can only pass or deny a request, so that Sallyport cannot answer a preflight through it. */
  readonly answersNothing?: boolean | undefined;
  /** Whether the gateway may have hidden header fields, so that the absence of one says nothing. */
  readonly hidesFields?: true | undefined;
  /** Why the door cannot say for certain what is requested. Such a request is denied, in shadow mode too. */
  readonly flaw?: RequestFlaw | undefined;
  /** What the door was shown of the MCP message in the body; `undefined` if it was shown nothing of one. */
  readonly mcp?: McpReading | undefined;
}

/** Values of header fields by lower-case name. */
export type RequestFields = ReadonlyMap<string, string>;

/** Why a door cannot say for certain what a gateway asks; each is a check of the step `path`. */
export type RequestFlaw =
  | 'untrusted peer'
  | 'no method'
  | 'several methods'
  | 'no host'
  | 'several hosts'
  | 'no path'
  | 'several paths'
  | 'disguised header'
  | 'check too long';

/** `undefined` if the address is unknown. */
export type ClientAddress = () => string | undefined;

/**
 * An instant, read from both clocks. Compare both: the monotonic one may stand still while the machine is suspended.
 */
export interface Instant {
  readonly monotonicMs: number;
  /** Unix milliseconds. */
  readonly wallMs: number;
}

/** The instant of one call of `authorize`: `exp` and marks are compared with the wall clock, freshness with both. */
export interface Moment extends Instant {
  /** {@link monotonicMs} when this decision began, before any wait. */
  readonly beganMs: number;
  /** `false` once the time or the attempts are used up: what is unknown then is `unavailable`. */
  readonly mayAsk: boolean;
}
