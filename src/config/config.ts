import type { KeyObject } from 'node:crypto';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import type { CorsRule } from '../core/cors/cors-rule.ts';
import type { Resource } from '../core/resource/resource.ts';
import type { Route } from '../core/route.ts';
import type { IdentityHeaders } from '../core/upstream/upstream-headers.ts';
import type { ClientTls } from './client-tls.ts';
import type { IssuerConfig, KeyServerAccess } from './issuer-config.ts';
import type { Secret } from './secret.ts';
import type { TelemetryConfig } from './telemetry-config.ts';
import type { TransportConfig } from './transport-config.ts';

/** The most processes that `workers` may start. */
export const MAX_WORKERS = 64;

/** `limits.token` unless the configuration says otherwise. */
export const DEFAULT_TOKEN_LENGTH = 16_384;

/** A validated configuration, frozen. Paths are absolute, durations in the unit that the name says. */
export interface Config {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly listen: Readonly<Record<'tokens' | 'verify' | 'access' | 'admin', Listener | undefined>> & {
    readonly extAuthz: ExtAuthzListener | undefined;
  };
  /** How many processes serve `listen.extAuthz`; `auto`: one for each core. */
  readonly workers: number | 'auto';
  readonly store: StoreConfig;
  readonly clockSkewMs: number;
  readonly timeouts: { readonly decisionMs: number; readonly storeMs: number };
  /** Addresses and CIDR ranges of the proxies that are trusted to report the client's address. */
  readonly trustedProxies: readonly string[];
  /** The catalogue: the scopes that may be requested, by name. */
  readonly scopes: ReadonlyMap<string, CatalogueScope>;
  readonly issuers: readonly IssuerConfig[];
  readonly resources: readonly ResourceConfig[];
  /** What pages of other origins may do with routes, and read of answers to requests that match none. */
  readonly cors: { readonly rule: CorsRule | undefined };
  /** The policy decision points that routes may ask, by name. */
  readonly decisionPoints: ReadonlyMap<string, DecisionPointConfig>;
  readonly basic: { readonly routes: boolean; readonly sunsetMs: number };
  readonly routes: readonly Route[];
  /** Where each route is written: in the configuration file, or in one that it includes. */
  readonly routePlaces: ReadonlyMap<Route, RoutePlace>;
  readonly shadow: boolean;
  /** `off`: tokens that are bound to a key are refused. */
  readonly dpop: { readonly kind: 'off' } | DpopConfig;
  readonly revocation: {
    readonly maxStalenessMs: number;
    /** The most that a caller may keep an allow, at most `maxStalenessMs`; 0: nothing may be kept. */
    readonly keepMs: number;
    /** How old "not revoked" may be if the set cannot be read in time; `undefined` to deny then. */
    readonly allowKnownForMs: number | undefined;
  };
  /** `token`: longest bearer token that is accepted, in characters. */
  readonly limits: { readonly token: number };
  readonly shutdown: { readonly delayMs: number; readonly drainMs: number };
  readonly identity: {
    readonly headers: IdentityHeaders;
    /** The claims that upstreams receive, each in the header that is its name. */
    readonly claims: readonly ClaimOfToken[];
    /** `undefined`: upstreams receive no signed identity. */
    readonly token: IdentityToken | undefined;
    /** The claims that Envoy's dynamic metadata carries. */
    readonly metadata: readonly ClaimOfToken[];
    readonly forwardCredential: boolean;
    /** Whether every spelling of these headers is removed from each request. */
    readonly everySpelling: boolean;
  };
  readonly log: LogConfig;
  readonly authzen: AuthzenConfig;
  readonly apiKeys: ApiKeysConfig;
  /** `off`: OpenTelemetry is not even loaded. */
  readonly telemetry: { readonly kind: 'off' } | TelemetryConfig;
}

/** A claim of verified tokens, under the name that it has for those who receive it. */
export interface ClaimOfToken {
  readonly name: string;
  readonly path: ClaimPath;
}

/** The signed identity that upstreams receive. */
export interface IdentityToken {
  /** The name of its header, in lower case. */
  readonly header: string;
  /** Never empty, and none of our own issuer's. */
  readonly audience: readonly string[];
  readonly ttlSeconds: number;
  /** The claims of the verified token that it carries. */
  readonly claims: readonly ClaimOfToken[];
}

/** How tokens that are bound to a key are accepted (RFC 9449). */
export interface DpopConfig {
  readonly kind: 'on';
  /** Normal forms of the origins at which clients reach the gateway; never empty. */
  readonly origins: readonly string[];
  /** JOSE names of the algorithms that proofs may have. */
  readonly algorithms: readonly string[];
  readonly maxAgeMs: number;
  /** Where the use of a proof is remembered. */
  readonly replay: 'store' | 'memory';
  /** `undefined` if proofs need no nonce. */
  readonly nonce: { readonly secret: Secret; readonly lifetimeMs: number } | undefined;
}

/** A place in a file. */
export interface RoutePlace {
  /** As problems name it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Opaque API keys. */
export interface ApiKeysConfig {
  /** What each key begins with, before `_`; `undefined`: there are no API keys. */
  readonly prefix: string | undefined;
  /** Who may report leaked tokens; `undefined`: such reports are not taken. */
  readonly leakReports: LeakReportsConfig | undefined;
}

/** The public keys of the reporter of leaks: published at a URL, or from a file, by their identifiers. */
export type LeakReportsConfig =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'file'; readonly keys: ReadonlyMap<string, KeyObject> };

/** A policy decision point that speaks AuthZEN 1.0. */
export interface DecisionPointConfig {
  /** `[a-z0-9-]{1,63}`. */
  readonly name: string;
  /** The URL of its evaluation endpoint. */
  readonly url: URL;
  /** `undefined` for a server that requires no credentials and has a certificate of a CA that Node trusts. */
  readonly access: KeyServerAccess | undefined;
  readonly timeoutMs: number;
  /** How long an answer holds, at most `maxStaleness`; 0: it is asked at each decision. */
  readonly cacheMs: number;
  /** The claims of the caller that it is told. */
  readonly claims: readonly ClaimPath[];
  /** The type of the subjects of its questions. */
  readonly subjectType: string;
}

/** AuthZEN on the listener `verify`. */
export interface AuthzenConfig {
  /** The policy decision point's URL in its metadata; `undefined` to take what the request says. */
  readonly url: string | undefined;
  /** The types of subjects that name accounts of ours. Empty: only tokens are subjects. */
  readonly accountTypes: ReadonlySet<string>;
  /** Whether a caller on TCP without a client certificate needs a bearer token with `access:check`. */
  readonly requireToken: boolean;
}

export interface LogConfig {
  /** Level of the decision log and the operational log. It does not apply to the audit log. */
  readonly level: LogLevel;
  /** Share of the allowed requests that the decision log contains, from 0 to 1. */
  readonly passes: number;
  /** Absolute path of the audit log's own file; `undefined` if it is written with the other logs. */
  readonly audit: string | undefined;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Listener {
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: ListenerTls | undefined;
  /** The most connections at once, in each process. By default {@link DEFAULT_MAX_CONNECTIONS}. */
  readonly maxConnections?: number;
  /** Admin door only: further host names that it accepts, in lower case, or `*.suffix`. */
  readonly hosts?: readonly string[];
  /** Verify door only: how the gateway describes a request to `/auth`; `undefined` keeps `/auth` closed. */
  readonly mode?: ForwardAuthMode | undefined;
  /** Verify door only: where the gateway states the client's certificate; `undefined`: nowhere. */
  readonly certificateFrom?: 'xfcc' | undefined;
}

/** `maxConnections` of a listener: more than the threads of a thousand gateways open, and less than file descriptors run out. */
export const DEFAULT_MAX_CONNECTIONS = 10_000;

/** The listener of Envoy. */
export interface ExtAuthzListener extends Listener {
  readonly transport: TransportConfig;
}

/**
 * How a gateway describes a request: by `X-Original-Method` and `X-Original-URL` (nginx), by `X-Forwarded-Method`,
 * `X-Forwarded-Host` and `X-Forwarded-Uri` (Traefik, Caddy, HAProxy), or by the request itself below `/auth` (Envoy).
 */
export const FORWARD_AUTH_MODES = ['nginx', 'forwarded', 'path'] as const;

export type ForwardAuthMode = (typeof FORWARD_AUTH_MODES)[number];

/** PEM contents, read when the configuration is loaded. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: Secret;
  /** The CA of the required client certificates; `undefined` if clients need none. */
  readonly clientCa: string | undefined;
  /** Milliseconds for a TLS handshake. By default {@link DEFAULT_HANDSHAKE_MS}. */
  readonly handshakeTimeoutMs?: number;
}

/** `tls.handshakeTimeout` of a listener, in milliseconds. */
export const DEFAULT_HANDSHAKE_MS = 10_000;

export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | RedisStoreConfig;

/** How Sallyport authenticates to a Redis server or Sentinel. */
export interface RedisAccess {
  /** The ACL user; `undefined` for Redis's default user. */
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** `undefined` for a connection without TLS. */
  readonly tls: ClientTls | undefined;
}

/** A single Redis server, the primary that Sentinels report, or a Redis Cluster. */
export interface RedisStoreConfig extends RedisAccess {
  readonly kind: 'redis';
  /** Without brackets. With `sentinel`, the primary's name at the Sentinels, and `port` is unused. */
  readonly host: string;
  readonly port: number;
  readonly database: number;
  /** Never together with `cluster`. */
  readonly sentinel: SentinelConfig | undefined;
  /** Set if the server is a node of a Redis Cluster. */
  readonly cluster: ClusterConfig | undefined;
  /** How many replicas must have a write before it is acknowledged. */
  readonly minReplicas: number;
  /** Whether to accept a server that may evict keys when its memory is full. */
  readonly allowEviction: boolean;
}

export interface ClusterConfig {
  /** Further nodes to discover the cluster from, if the first one is unreachable; may be empty. Hosts without brackets. */
  readonly addresses: readonly HostPort[];
}

/** The Sentinels that report which server is the primary. */
export interface SentinelConfig extends RedisAccess {
  /** Never empty; hosts without brackets. */
  readonly addresses: readonly HostPort[];
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface CatalogueScope {
  readonly description: string | undefined;
  readonly maxTtlSeconds: number | undefined;
}

/** A protected resource and what its metadata says (RFC 9728, section 2). */
export interface ResourceConfig extends Resource {
  /** Exactly as written: clients compare it with the URL that they use. */
  readonly url: string;
  /** The issuer identifiers of the servers that issue tokens for it; never empty. */
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[] | undefined;
  readonly documentation: string | undefined;
  /** Its name, for people. */
  readonly title: string | undefined;
}
