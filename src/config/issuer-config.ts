import type { RequiredBinding } from '../core/binding/binding.ts';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import type { ClaimCondition } from '../core/claims/condition.ts';
import type { Secret } from './secret.ts';

export type IssuerConfig = JwtIssuer | IntrospectionIssuer;

/** An issuer whose tokens are verified with a key. */
export type JwtIssuer = OwnIssuer | SecretsIssuer | KeysIssuer | JwksIssuer | DiscoveryIssuer;

interface AnyIssuer {
  /** `[a-z0-9-]{1,63}`: identifies the issuer in revocation keys, in logs and to upstreams. */
  readonly name: string;
  /** `aud` must contain one of these; `undefined` accepts every audience. */
  readonly audience: readonly string[] | undefined;
}

interface Signs {
  /** JOSE names of the permitted signature algorithms, never empty. */
  readonly algorithms: readonly string[];
}

/** Our own issuer. Its keys are sealed in the store. */
export interface OwnIssuer extends AnyIssuer, Signs {
  readonly kind: 'signing';
  /** Every accepted `iss`. New tokens have the first. */
  readonly issuer: readonly [string, ...string[]];
  readonly signing: {
    /** Algorithm of new keys; an existing key keeps its own. */
    readonly algorithm: SigningAlgorithm;
    readonly sealWith: Secret | undefined;
    /** How long a new key is published before it signs. */
    readonly publishAheadSeconds: number;
  };
  readonly ttl: {
    readonly defaultSeconds: number;
    readonly maxSeconds: number;
    /** Maximum for private tokens. */
    readonly privateMaxSeconds: number;
    /** Lifetime of a refresh token (`refreshTokens`). Without it there are none. */
    readonly refreshSeconds?: number;
  };
}

/** How a client sends its secret: by HTTP Basic, or in the form (RFC 6749, section 2.3.1). */
export const CLIENT_AUTH = ['basic', 'post'] as const;

/** The algorithms that verify with a shared secret. */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
/** The algorithms that verify with a public key. */
export const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** JOSE names of the algorithms that our own keys may have. */
export const SIGNING_ALGORITHMS = ['HS256', 'ES256', 'RS256', 'PS256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A claim that may hold the subject of a token. */
export interface SubjectClaim {
  readonly path: ClaimPath;
  /** Precedes the claim's value in the subject, so that subjects of two claims are never equal; may be empty. */
  readonly prefix: string;
}

export interface ForeignIssuer extends AnyIssuer {
  /**
   * Every accepted `iss`; empty for a profile that accepts every `iss` that no other issuer claims. An introspection
   * response may omit it.
   */
  readonly issuer: readonly string[];
  /** `iss` of all other issuers: a profile without a required `iss` accepts none of these. */
  readonly claimedByOthers: ReadonlySet<string>;
  /** What the claims of its tokens must be; may be empty. */
  readonly require: readonly ClaimCondition[];
  /** The kind of binding that its tokens must have; `undefined` if any bearer's token is accepted. */
  readonly bound: RequiredBinding | undefined;
  /** The required subject, as `subjectClaim` finds it. */
  readonly requireSubject: string | undefined;
  /** Where a token's subject is, in the order in which the claims are tried; never empty. `undefined`: see `subjectClaims`. */
  readonly subjectClaim?: readonly SubjectClaim[] | undefined;
  readonly requireExpiry: boolean;
  /** The claims whose scopes are united; `undefined` for the first present of `scopes`, `scope`, `scp`. */
  readonly scopeClaim: readonly ClaimPath[] | undefined;
  /** What a word of these claims grants, by the word; each scope is one of `allowScopes`. Other words stand for themselves. */
  readonly scopeMap?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Scopes that its tokens may carry; others are dropped. */
  readonly allowScopes: ReadonlySet<string>;
  /** Replaces the token's own scopes. */
  readonly grant: readonly string[] | undefined;
}

/** An issuer that signs with a shared secret. */
export interface SecretsIssuer extends ForeignIssuer, Signs {
  readonly kind: 'secrets';
  /** The shared secrets; more than one during a rotation. */
  readonly secrets: readonly Secret[];
}

interface PublicKeyIssuer extends ForeignIssuer, Signs {
  readonly issuer: readonly [string, ...string[]];
  /** The tenant of each `iss` of a multi-tenant issuer, which `tid` must be; `undefined` for any other issuer. */
  readonly tenants: ReadonlyMap<string, string> | undefined;
}

/** An issuer whose public keys the configuration contains, or a file that it names. */
export interface KeysIssuer extends PublicKeyIssuer {
  readonly kind: 'keys';
  /** A JWK Set (RFC 7517, section 5) without private and symmetric keys, as JSON. */
  readonly keySet: string;
}

interface PublishingIssuer extends PublicKeyIssuer {
  /** How long its last key set stays valid while it cannot be fetched again. */
  readonly maxStaleMs: number;
  /** `undefined` for a server that requires no credentials and has a certificate of a CA that Node trusts. */
  readonly access: KeyServerAccess | undefined;
}

/** How Sallyport gets access to a server: one that publishes an issuer's metadata and keys, or a decision point. */
export interface KeyServerAccess {
  /** Header fields of each request, by lower-case name. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** Absolute path of the file with the bearer token of each request. It is read for each request. */
  readonly tokenFile: string | undefined;
  /** Absolute path of a PEM file, read for each request; `undefined` for the CAs that Node trusts. */
  readonly ca: string | undefined;
  /** The hosts that the operator named, as in `URL.host`. Only they receive `headers` and the token. */
  readonly hosts: readonly string[];
}

/** An issuer that publishes its public keys at a known URL. */
export interface JwksIssuer extends PublishingIssuer {
  readonly kind: 'jwks';
  readonly jwks: URL;
}

/** An issuer whose metadata names the URL of its public keys. */
export interface DiscoveryIssuer extends PublishingIssuer {
  readonly kind: 'discovery';
  /** The `issuer` of its metadata; the template, for a multi-tenant issuer. */
  readonly metadataIssuer: string;
  /** The URL of its metadata; `undefined` for the well-known URLs below `metadataIssuer`. */
  readonly metadata: URL | undefined;
}

/** An authorization server that introspects its opaque tokens (RFC 7662). */
export interface IntrospectionIssuer extends ForeignIssuer {
  readonly kind: 'introspection';
  readonly introspection: {
    readonly url: URL;
    readonly clientId: string;
    readonly clientSecret: Secret;
    readonly clientAuth: (typeof CLIENT_AUTH)[number];
    /** How long a response is cached; 0 introspects for every decision. */
    readonly cacheMs: number;
  };
}
