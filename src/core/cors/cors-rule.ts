import { ORIGIN } from '../credential/places/places.ts';

/** Names and values of response fields. */
export type CorsFields = readonly (readonly [name: string, value: string])[];

export const REQUEST_METHOD = 'access-control-request-method';
export const REQUEST_HEADERS = 'access-control-request-headers';

/** The header fields by which a rule is applied. */
export const CORS_REQUEST_FIELDS: readonly string[] = [ORIGIN, REQUEST_METHOD, REQUEST_HEADERS];

/** What browsers may do with routes from pages of other origins (Fetch Standard, section 3.3). */
export interface CorsRule {
  readonly origins: AllowedOrigins;
  /** The methods that pages may use; `undefined` for all that have a route. */
  readonly methods: ReadonlySet<string> | undefined;
  /** The header fields that pages may set, by lower-case name. */
  readonly headers: ReadonlySet<string>;
  /** The response fields that scripts may read, besides those that they always may. */
  readonly exposedHeaders: readonly string[];
  /** Whether browsers send cookies and other credentials of their own; never together with every origin. */
  readonly credentials: boolean;
  /** How long a browser may keep the answer to a preflight. */
  readonly maxAgeSeconds: number;
  /** Who answers preflights: Sallyport, or the service behind the gateway. */
  readonly preflight: 'answer' | 'pass';
}

/** Which pages a rule is about. */
export interface AllowedOrigins {
  readonly every: boolean;
  /** Whole origins such as `https://app.example.com:8443`. */
  readonly exact: ReadonlySet<string>;
  /** The origins of all hosts below a name, such as `https://*.example.com`. */
  readonly below: readonly OriginsBelow[];
}

export interface OriginsBelow {
  /** With its separator, such as `https://`. */
  readonly scheme: string;
  /** With the dot before it and a port after it, such as `.example.com:8443`. */
  readonly suffix: string;
}

/** Names without a dot at their ends; browsers send them in lower case. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Whether a rule is about pages of an origin, as the field `Origin` names it (RFC 6454, section 7). */
export function allowsOrigin({ every, exact, below }: AllowedOrigins, origin: string): boolean {
  if (every || exact.has(origin)) return true;
  return below.some(({ scheme, suffix }) => {
    if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
    return LABELS.test(origin.slice(scheme.length, -suffix.length));
  });
}
