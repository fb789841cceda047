import type { IssuerConfig, OwnIssuer } from '../config/issuer-config.ts';
import type { Check } from '../core/check.ts';
import type { Malformation } from '../verification/jwt.ts';

/** What to revoke. `issuer` is the name of a configured issuer; times are Unix seconds. */
export type RevocationRequest =
  /** The token itself, a JWT or an opaque one. */
  | { readonly kind: 'credential'; readonly token: string }
  /** One token by the hex SHA-256 of its `header.payload`. Without an expiry its entry never expires. */
  | { readonly kind: 'thumbprint'; readonly thumbprint: string; readonly expiresAtSeconds: number | undefined }
  | IssuerRequest;

/** What belongs to an issuer: one token, the tokens of a subject or of a signing key, or all of them. */
export type IssuerRequest = { readonly issuer: string } & (
  | {
      readonly kind: 'token';
      readonly tokenId: string;
      /** When the token expires, if the caller knows. */
      readonly expiresAtSeconds: number | undefined;
    }
  | {
      readonly kind: 'subject';
      /** For our own issuer an account, by its id, name or e-mail address. */
      readonly subject: string;
      /** The tokens that were issued up to this second end; without it those that were issued until now. */
      readonly issuedUpToSeconds: number | undefined;
    }
  | { readonly kind: 'signing key'; readonly kid: string }
  | { readonly kind: 'issuer'; readonly issuedUpToSeconds: number | undefined }
);

/** A request as a door reads it, field by field. A field that was left out is `undefined`. */
export interface RevocationFields {
  readonly token?: string | undefined;
  readonly thumbprint?: string | undefined;
  readonly issuer?: string | undefined;
  readonly jti?: string | undefined;
  readonly subject?: string | undefined;
  readonly kid?: string | undefined;
  readonly all?: true | undefined;
  /** Unix seconds, as `issuedUpToSeconds`. */
  readonly before?: number | undefined;
  /** Unix seconds, as `expiresAtSeconds`. */
  readonly expires?: number | undefined;
}

export type RevocationField = keyof RevocationFields;

/** The fields that select what is revoked, each with the fields that may accompany it. */
const SELECTORS = {
  token: [],
  thumbprint: ['expires'],
  jti: ['issuer', 'expires'],
  subject: ['issuer', 'before'],
  kid: ['issuer'],
  all: ['issuer', 'before'],
} as const satisfies Partial<Record<RevocationField, readonly RevocationField[]>>;

export type Selector = keyof typeof SELECTORS;

const SELECTOR_NAMES = ['token', 'thumbprint', 'jti', 'subject', 'kid', 'all'] as const satisfies readonly Selector[];

/** Fields that do not form one request. */
export type FieldsProblem =
  | { readonly problem: 'nothing selected' }
  | { readonly problem: 'several selected'; readonly fields: readonly [Selector, Selector] }
  | { readonly problem: 'issuer missing'; readonly selector: Selector }
  | { readonly problem: 'unrelated field'; readonly field: RevocationField; readonly selector: Selector };

/** Why a request cannot be carried out. */
export type RequestProblem =
  | { readonly problem: 'unknown issuer'; readonly issuer: string; readonly configured: readonly string[] }
  /** Nothing that the issuer signs names a key. */
  | { readonly problem: 'no key ids'; readonly issuer: string; readonly kind: 'secrets' | 'introspection' }
  /** Our own issuer has no such account, and no token of it can have this subject. */
  | { readonly problem: 'unknown account'; readonly issuer: string; readonly subject: string }
  /** The credential is neither a JWT nor an opaque token that an issuer may have issued. */
  | { readonly problem: 'not a token'; readonly malformation: Malformation };

/** What a caller should know about a request that is carried out. */
export type RevocationWarning =
  /** It revokes the tokens of more than one subject, or tokens that are not issued yet. */
  | { readonly warning: 'far-reaching'; readonly request: FarReachingRequest }
  /** The store has no record of this id of our own issuer, although its token may exist. */
  | {
      readonly warning: 'no record';
      readonly issuer: string;
      readonly tokenId: string;
      /** When the token expires: as the caller says, or as the longest token that the issuer can have signed. */
      readonly expiresAtSeconds: number;
    }
  /** The store has no account with this id, which it may have had. */
  | { readonly warning: 'no account'; readonly issuer: string; readonly accountId: string }
  /** The store has no key with this id. */
  | {
      readonly warning: 'no key';
      readonly issuer: string;
      readonly kid: string;
      /** The ids of those that it has. */
      readonly existing: readonly string[];
    }
  /** The token failed a check, so what it says of itself may be false. Its thumbprint is revoked, and not its id. */
  | {
      readonly warning: 'not verified';
      readonly check: Check;
      /** The issuer that could not be asked whether it issued the token. */
      readonly unavailableAt: string | undefined;
    };

type FarReachingRequest = Exclude<IssuerRequest, { readonly kind: 'token' }>;

/** What a request needs to know of an issuer. */
export type RequestIssuer =
  | Pick<OwnIssuer, 'name' | 'kind' | 'ttl'>
  | Pick<Exclude<IssuerConfig, OwnIssuer>, 'name' | 'kind'>;

/** Nothing was written. */
export interface RefusedRevocation {
  readonly outcome: 'refused';
  readonly problem: RequestProblem;
}

/** Builds one request from the fields of a door, which has validated each of them. */
export function readRevocationRequest(
  fields: RevocationFields,
):
  | { readonly outcome: 'read'; readonly request: RevocationRequest }
  | { readonly outcome: 'refused'; readonly problem: FieldsProblem } {
  const { thumbprint, jti, subject, kid, token, before: issuedUpToSeconds, expires: expiresAtSeconds } = fields;
  const selectors = SELECTOR_NAMES.filter((name) => fields[name] !== undefined);
  const [selector, second] = selectors;
  if (selector === undefined) return { outcome: 'refused', problem: { problem: 'nothing selected' } };
  if (second !== undefined) {
    return { outcome: 'refused', problem: { problem: 'several selected', fields: [selector, second] } };
  }
  const allowed: readonly string[] = [selector, ...SELECTORS[selector]];
  const field = fieldsOf(fields).find((name) => !allowed.includes(name));
  if (field !== undefined) return { outcome: 'refused', problem: { problem: 'unrelated field', field, selector } };
  if (token !== undefined) return read({ kind: 'credential', token });
  if (thumbprint !== undefined) return read({ kind: 'thumbprint', thumbprint, expiresAtSeconds });
  const { issuer } = fields;
  if (issuer === undefined) return { outcome: 'refused', problem: { problem: 'issuer missing', selector } };
  if (jti !== undefined) return read({ kind: 'token', issuer, tokenId: jti, expiresAtSeconds });
  if (subject !== undefined) return read({ kind: 'subject', issuer, subject, issuedUpToSeconds });
  if (kid !== undefined) return read({ kind: 'signing key', issuer, kid });
  return read({ kind: 'issuer', issuer, issuedUpToSeconds });
}

/** Checks what can be checked without the store. */
export function checkRevocationRequest(
  request: RevocationRequest,
  issuers: readonly RequestIssuer[],
  nowSeconds: number,
): { readonly outcome: 'accepted'; readonly warnings: readonly RevocationWarning[] } | RefusedRevocation {
  if (!('issuer' in request)) return { outcome: 'accepted', warnings: [] };
  const { issuer } = request;
  const kind = issuers.find(({ name }) => name === issuer)?.kind;
  if (kind === undefined) {
    const configured = issuers.map(({ name }) => name);
    return { outcome: 'refused', problem: { problem: 'unknown issuer', issuer, configured } };
  }
  if (request.kind === 'signing key' && (kind === 'secrets' || kind === 'introspection')) {
    return { outcome: 'refused', problem: { problem: 'no key ids', issuer, kind } };
  }
  const isFarReaching = reachesFar(request, nowSeconds);
  return { outcome: 'accepted', warnings: isFarReaching ? [{ warning: 'far-reaching', request }] : [] };
}

function reachesFar(request: IssuerRequest, nowSeconds: number): request is FarReachingRequest {
  switch (request.kind) {
    case 'token':
      return false;
    case 'subject':
      return request.issuedUpToSeconds !== undefined && request.issuedUpToSeconds > nowSeconds;
    case 'signing key':
    case 'issuer':
      return true;
  }
}

function read(request: RevocationRequest) {
  return { outcome: 'read', request } as const;
}

/** Returns the fields that were given. */
function fieldsOf(fields: RevocationFields): readonly RevocationField[] {
  const names: readonly RevocationField[] = [...SELECTOR_NAMES, 'issuer', 'before', 'expires'];
  return names.filter((name) => fields[name] !== undefined);
}
