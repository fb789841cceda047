import { findNamedAccount } from '../accounts/account-id.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { Clock, TokenExaminer } from '../core/ports.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { longestTokenSeconds } from '../signing/key-life.ts';
import type { SigningKeyStore } from '../signing/signing-key-store.ts';
import type { TokenStore } from '../tokens/token.ts';
import { identifyToken } from './identify-token.ts';
import type {
  IssuerRequest,
  RefusedRevocation,
  RequestIssuer,
  RevocationRequest,
  RevocationWarning,
} from './revocation-request.ts';
import { checkRevocationRequest } from './revocation-request.ts';

export interface RevocationResolverParts {
  readonly issuers: readonly RequestIssuer[];
  readonly accounts: Pick<AccountStore, 'find' | 'findById'>;
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly signingKeys: Pick<SigningKeyStore, 'read'>;
  readonly examiner: TokenExaminer;
  /** The prefix of our API keys, if there are any. */
  readonly keyPrefix?: string | undefined;
  /** Longest token that is read, in characters. */
  readonly maxTokenLength: number;
  readonly clock: Pick<Clock, 'wallMs'>;
}

export type Resolution = ResolvedRequest | RefusedRevocation;

/** What a request resolves to. */
export interface ResolvedRequest {
  readonly outcome: 'resolved';
  /** At least one; together they cover what was named. */
  readonly targets: readonly RevocationTarget[];
  readonly warnings: readonly RevocationWarning[];
  /** The id of the account whose token of ours was named; `undefined` if it is not such a token, or has no record. */
  readonly account?: string | undefined;
}

/**
 * Resolves what a request revokes. A token, account or key of which the store has no record is revoked as well, with a
 * warning: the store may have lost the record in a failover, or with an older backup. Rejects with `StoreError`.
 */
export async function resolveRevocation(
  request: RevocationRequest,
  parts: RevocationResolverParts,
): Promise<Resolution> {
  const { issuers, clock } = parts;
  const nowSeconds = Math.floor(clock.wallMs() / 1000);
  const checked = checkRevocationRequest(request, issuers, nowSeconds);
  if (checked.outcome === 'refused') return checked;
  const resolution = await resolve(request, parts, nowSeconds);
  return resolution.outcome === 'refused'
    ? resolution
    : { ...resolution, warnings: [...checked.warnings, ...resolution.warnings] };
}

function resolve(
  request: RevocationRequest,
  parts: RevocationResolverParts,
  nowSeconds: number,
): Promise<Resolution> | Resolution {
  if (request.kind === 'credential') return resolveCredential(request.token, parts, nowSeconds);
  if (request.kind === 'thumbprint') return resolved(request);
  const issuer = parts.issuers.find(({ name }) => name === request.issuer);
  return issuer?.kind === 'signing'
    ? resolveOwn(request, issuer, parts, nowSeconds)
    : resolved(foreignTarget(request, nowSeconds));
}

async function resolveCredential(
  token: string,
  parts: RevocationResolverParts,
  nowSeconds: number,
): Promise<Resolution> {
  const takesOpaque = parts.issuers.some(({ kind }) => kind === 'introspection');
  const identified = await identifyToken(token, { ...parts, takesOpaque });
  if (typeof identified === 'string') {
    return { outcome: 'refused', problem: { problem: 'not a token', malformation: identified } };
  }
  const { targets: named, subject, family, failed: check, unavailableAt } = identified;
  const own = parts.issuers.find(
    ({ name, kind }) => kind === 'signing' && named.some((target) => target.kind === 'token' && target.issuer === name),
  );
  const families =
    own?.kind === 'signing' && family !== undefined ? [await familyTarget(own, family, parts, nowSeconds)] : [];
  const warnings = check === undefined ? [] : [{ warning: 'not verified', check, unavailableAt } as const];
  // A family's own token is named by the id of the family, and expires before it.
  const targets = [...named.filter((target) => target.kind !== 'token' || target.tokenId !== family), ...families];
  return { outcome: 'resolved', targets, warnings, account: own === undefined ? undefined : subject };
}

/** We have no records of another issuer, so nothing about its tokens can be checked. */
function foreignTarget(request: IssuerRequest, nowSeconds: number): RevocationTarget {
  switch (request.kind) {
    case 'token':
    case 'signing key':
      return request;
    case 'subject':
    case 'issuer':
      return { ...request, issuedUpToSeconds: request.issuedUpToSeconds ?? nowSeconds };
  }
}

function resolveOwn(
  request: IssuerRequest,
  issuer: Pick<OwnIssuer, 'name' | 'ttl'>,
  parts: RevocationResolverParts,
  nowSeconds: number,
): Promise<Resolution> | Resolution {
  switch (request.kind) {
    case 'token':
      return resolveOwnToken(request, issuer, parts, nowSeconds);
    case 'subject':
      return resolveAccount(request, parts);
    case 'signing key':
      return resolveOwnKey(request, parts);
    case 'issuer':
      return resolved(foreignTarget(request, nowSeconds));
  }
}

/**
 * The one rule for an id without a record: its entry lasts as long as the longest token that the issuer can have signed,
 * unless the caller names another time. The keys are read whether there is a record or not, so that the time of the
 * response does not reveal it.
 */
async function resolveOwnToken(
  { issuer, tokenId, expiresAtSeconds }: IssuerRequest & { readonly kind: 'token' },
  config: Pick<OwnIssuer, 'ttl'>,
  { tokens, signingKeys }: RevocationResolverParts,
  nowSeconds: number,
): Promise<Resolution> {
  const [found, ring] = await Promise.allSettled([tokens.find(tokenId), signingKeys.read(issuer)]);
  if (found.status === 'rejected') throw found.reason;
  const record = found.value;
  if (record !== undefined) {
    const target = { kind: 'token', issuer, tokenId, expiresAtSeconds: record.expiresAtSeconds } as const;
    const family = record.refreshes === undefined ? record.family : tokenId;
    if (family === undefined) return { ...resolved(target), account: record.accountId };
    if (ring.status === 'rejected') throw ring.reason;
    const latest = Math.max(record.expiresAtSeconds, nowSeconds + longestOf(config, ring.value));
    const ofFamily = { ...target, tokenId: family, expiresAtSeconds: latest };
    const targets = family === tokenId ? [ofFamily] : [target, ofFamily];
    return { outcome: 'resolved', targets, warnings: [], account: record.accountId };
  }
  if (expiresAtSeconds !== undefined) return unrecorded({ issuer, tokenId, expiresAtSeconds });
  if (ring.status === 'rejected') throw ring.reason;
  return unrecorded({ issuer, tokenId, expiresAtSeconds: nowSeconds + longestOf(config, ring.value) });
}

/**
 * A family of refresh tokens, with its access tokens. Its record may be about to move its end, by a refresh that was
 * admitted before, so the entry lasts as long as the longest token.
 */
async function familyTarget(
  issuer: Pick<OwnIssuer, 'name' | 'ttl'>,
  tokenId: string,
  { signingKeys }: RevocationResolverParts,
  nowSeconds: number,
): Promise<RevocationTarget> {
  const longest = longestOf(issuer, await signingKeys.read(issuer.name));
  return { kind: 'token', issuer: issuer.name, tokenId, expiresAtSeconds: nowSeconds + longest };
}

function longestOf(config: Pick<OwnIssuer, 'ttl'>, { keys }: Awaited<ReturnType<SigningKeyStore['read']>>): number {
  return Math.max(longestTokenSeconds(config), ...keys.map((key) => key.longestTokenSeconds));
}

function unrecorded(token: Omit<RevocationWarning & { readonly warning: 'no record' }, 'warning'>): ResolvedRequest {
  return resolved({ kind: 'token', ...token, unrecorded: true }, { warning: 'no record', ...token });
}

/** A subject of our own issuer is an account. A mark for any other subject would have no effect. */
async function resolveAccount(
  { issuer, subject, issuedUpToSeconds }: IssuerRequest & { readonly kind: 'subject' },
  { accounts }: RevocationResolverParts,
): Promise<Resolution> {
  const named = await findNamedAccount(subject, accounts);
  if (named === undefined) return { outcome: 'refused', problem: { problem: 'unknown account', issuer, subject } };
  const { id } = named;
  const target =
    issuedUpToSeconds === undefined
      ? ({ kind: 'account', issuer, subject: id } as const)
      : ({ kind: 'subject', issuer, subject: id, issuedUpToSeconds } as const);
  return named.account === undefined
    ? resolved(target, { warning: 'no account', issuer, accountId: id })
    : resolved(target);
}

/** A key is revoked even if the store cannot say whether it has that key. */
async function resolveOwnKey(
  request: IssuerRequest & { readonly kind: 'signing key' },
  { signingKeys }: RevocationResolverParts,
): Promise<Resolution> {
  const { issuer, kid } = request;
  const ring = await signingKeys.read(issuer).catch(() => undefined);
  const existing = ring?.keys.map((key) => key.kid);
  return existing === undefined || existing.includes(kid)
    ? resolved(request)
    : resolved(request, { warning: 'no key', issuer, kid, existing });
}

function resolved(target: RevocationTarget, ...warnings: readonly RevocationWarning[]): ResolvedRequest {
  return { outcome: 'resolved', targets: [target], warnings };
}
