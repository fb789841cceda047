import type { Route } from '../core/route.ts';
import type { IdentityHeaders } from '../core/upstream-headers.ts';
import type { Secret } from './secret.ts';

/** `limits.token` unless the configuration says otherwise. */
export const DEFAULT_TOKEN_LENGTH = 16_384;

/** A validated configuration, frozen. Paths are absolute, durations in the unit that the name says. */
export interface Config {
  /** Absolute path of the file it was read from. */
  readonly file: string;
  readonly listen: Readonly<Record<'extAuthz' | 'tokens' | 'admin', Listener | undefined>>;
  readonly store: StoreConfig;
  readonly clockSkewMs: number;
  readonly timeouts: { readonly decisionMs: number; readonly storeMs: number };
  /** CIDR ranges and addresses whose word about the client's address counts. */
  readonly trustedProxies: readonly string[];
  /** The catalogue of scopes that may be asked for, by name. */
  readonly scopes: ReadonlyMap<string, CatalogueScope>;
  readonly issuers: readonly IssuerConfig[];
  readonly basic: { readonly routes: boolean; readonly sunsetMs: number };
  readonly routes: readonly Route[];
  readonly shadow: boolean;
  readonly revocation: {
    readonly maxStalenessMs: number;
    /** How old "not revoked" may be where the set cannot be read in time; `undefined` to deny then. */
    readonly allowKnownForMs: number | undefined;
  };
  /** `token`: longest bearer token that is looked at, in characters. */
  readonly limits: { readonly token: number };
  readonly shutdown: { readonly delayMs: number; readonly drainMs: number };
  readonly identity: {
    readonly headers: IdentityHeaders;
    readonly forwardCredential: boolean;
    /** Whether every spelling of the headers is removed from each request. */
    readonly everySpelling: boolean;
  };
  readonly log: LogConfig;
}

export interface LogConfig {
  /** Of the decision log and of what happens to Sallyport; the audit log has none. */
  readonly level: LogLevel;
  /** From 0 to 1: how many of the passes are in the decision log. */
  readonly passes: number;
  /** Absolute path of the audit log's own file; `undefined` where it goes with the others. */
  readonly audit: string | undefined;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Listener {
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: ListenerTls | undefined;
  /** Of the admin door: lower-case names, and `*.suffix`, by which it is reached beside its address. */
  readonly hosts?: readonly string[];
}

/** PEM contents, read when the configuration was loaded. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: Secret;
  /** Signs the certificates that clients must show; `undefined` where they need none. */
  readonly clientCa: string | undefined;
}

export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | RedisStoreConfig;

/** How a server of Redis's kind lets us in. */
export interface RedisAccess {
  /** The ACL user; Redis's default user without it. */
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** In the clear without it. PEM contents; without `ca` the CAs that Node trusts. */
  readonly tls:
    | { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: Secret | undefined }
    | undefined;
}

/** A single Redis server, or the primary that Sentinels name, or a Redis Cluster. */
export interface RedisStoreConfig extends RedisAccess {
  readonly kind: 'redis';
  /** Without brackets. With `sentinel` the name by which they know the primary, and `port` says nothing. */
  readonly host: string;
  readonly port: number;
  readonly database: number;
  /** Never beside `cluster`. */
  readonly sentinel: SentinelConfig | undefined;
  /** The server is a node of a Redis Cluster. */
  readonly cluster: ClusterConfig | undefined;
  /** How many replicas must have a write before it is acknowledged. */
  readonly minReplicas: number;
  /** Take a server that may drop keys when its memory is full. */
  readonly allowEviction: boolean;
}

export interface ClusterConfig {
  /** Nodes to ask for the others where the first one is not there; may be empty. Hosts without brackets. */
  readonly addresses: readonly HostPort[];
}

/** Sentinels, each of which may know which server is the primary. */
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

export type IssuerConfig = JwtIssuer | IntrospectionIssuer;

/** An issuer whose tokens are verified with a key. */
export type JwtIssuer = OwnIssuer | SecretsIssuer | JwksIssuer | DiscoveryIssuer;

interface AnyIssuer {
  /** `[a-z0-9-]{1,63}`: what revocation keys and upstreams know it by. */
  readonly name: string;
  /** `aud` must hold one of these; `undefined` takes any. */
  readonly audience: readonly string[] | undefined;
}

interface Signs {
  /** JOSE names of the algorithms it may sign with, never empty. */
  readonly algorithms: readonly string[];
}

/** Ourselves: the keys live sealed in the store. */
export interface OwnIssuer extends AnyIssuer, Signs {
  readonly kind: 'signing';
  readonly issuer: string;
  readonly signing: {
    /** Of the keys that are made from now on; each key is for its own. */
    readonly algorithm: SigningAlgorithm;
    readonly sealWith: Secret | undefined;
    /** How long a new key is published before it signs. */
    readonly publishAheadSeconds: number;
  };
  readonly ttl: {
    readonly defaultSeconds: number;
    readonly maxSeconds: number;
    /** Of private tokens. */
    readonly privateMaxSeconds: number;
  };
}

/** How a client authenticates with its secret: by HTTP Basic, or in the form (RFC 6749, section 2.3.1). */
export const CLIENT_AUTH = ['basic', 'post'] as const;

/** JOSE names of the algorithms that our own keys may be for. */
export const SIGNING_ALGORITHMS = ['HS256', 'ES256', 'RS256', 'PS256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export interface ForeignIssuer extends AnyIssuer {
  /**
   * Required `iss`; `undefined` for a profile that takes tokens whose `iss` nobody else claims. What introspection says
   * may leave it out.
   */
  readonly issuer: string | undefined;
  /** What the other issuers' `iss` are: a profile that asks for no `iss` takes none of these. */
  readonly claimedByOthers: ReadonlySet<string>;
  /** Required `sub`. */
  readonly requireSubject: string | undefined;
  readonly requireExpiry: boolean;
  /** The one claim to read scopes from; otherwise the first present of `scopes`, `scope`, `scp`. */
  readonly scopeClaim: string | undefined;
  /** Scopes that its tokens may carry; others are dropped. */
  readonly allowScopes: ReadonlySet<string>;
  /** Replaces the token's own scopes. */
  readonly grant: readonly string[] | undefined;
}

/** A partner that signs with a shared secret. */
export interface SecretsIssuer extends ForeignIssuer, Signs {
  readonly kind: 'secrets';
  /** The shared secrets' bytes, more than one while rotating. */
  readonly secrets: readonly Secret[];
}

interface PublishingIssuer extends ForeignIssuer, Signs {
  readonly issuer: string;
  /** How long its last good keys count while it cannot be asked for others. */
  readonly maxStaleMs: number;
}

/** An issuer that publishes its public keys at a known URL. */
export interface JwksIssuer extends PublishingIssuer {
  readonly kind: 'jwks';
  readonly jwks: URL;
}

/** An issuer whose `issuer` is the URL under which it says where its public keys are. */
export interface DiscoveryIssuer extends PublishingIssuer {
  readonly kind: 'discovery';
}

/** An authorization server that is asked about its opaque tokens (RFC 7662). */
export interface IntrospectionIssuer extends ForeignIssuer {
  readonly kind: 'introspection';
  readonly introspection: {
    readonly url: URL;
    readonly clientId: string;
    readonly clientSecret: Secret;
    readonly clientAuth: (typeof CLIENT_AUTH)[number];
    /** How long an answer counts; 0 asks for every decision anew. */
    readonly cacheMs: number;
  };
}
