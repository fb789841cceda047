import type { ClaimPath } from '../../../core/claims/claim-path.ts';
import { parseClaimPath } from '../../../core/claims/claim-path.ts';
import { otherSpellings } from '../../../core/upstream/header-spellings.ts';
import { quote } from '../../../lib/wording.ts';
import type { ClaimOfToken, Config, IdentityToken } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { identitySchema } from './identity-schema.ts';

/** The names that dynamic metadata has already. */
const FACTS: ReadonlySet<string> = new Set([
  'outcome',
  'reason',
  'shadowed',
  'issuer',
  'subject',
  'token_id',
  'scheme',
  'scopes',
  'keep_ms',
  'keep',
  'keep_route',
]);
const FACT_NAME = /^[a-z][a-z0-9_]*$/;

/**
 * The most spellings of all identity headers together. A gateway that hides headers receives the list of them with each
 * answer, and Envoy's HTTP mode as one header field.
 */
const MAX_SPELLINGS = 512;

/** Reads what upstreams receive. @param issuers `undefined` if one is invalid. */
export function readIdentity(
  draft: Draft,
  issuers: readonly IssuerConfig[] | undefined,
): Config['identity'] | undefined {
  const written = draft.read(['identity'], identitySchema);
  if (written === undefined) return undefined;
  refuseSharedNames(draft, headersIn(written));
  const claims = Object.entries(written.claims).flatMap(([key, name]) => claimNamed(draft, key, name));
  const metadata = Object.entries(written.metadata).map(([name, path]) => ({ name, path }));
  for (const { name } of metadata) refuseFactName(draft, name);
  const token = written.token && readToken(written.token);
  if (token !== undefined && issuers !== undefined) refuseUnverifiable(draft, token, issuers);
  return { ...written, claims, metadata, token };
}

/** The names of all headers in which upstreams receive an identity. */
export function identityHeaders({ headers, claims, token }: Config['identity']): readonly string[] {
  const ofToken = token === undefined ? [] : [token.header];
  return [...Object.values<string>({ ...headers }), ...claims.map(({ name }) => name), ...ofToken];
}

function readToken({ header, audience, ttl, claims }: NonNullable<Written['token']>): IdentityToken {
  return { header, audience: [audience].flat(), ttlSeconds: ttl, claims };
}

/** Upstreams must be able to verify it, and must not take one of our access tokens for it. */
function refuseUnverifiable(draft: Draft, { audience }: IdentityToken, issuers: readonly IssuerConfig[]): void {
  const own = issuers.find((issuer) => issuer.kind === 'signing');
  if (own === undefined) {
    draft.refuse(['identity', 'token'], 'needs an issuer with signing: its keys sign the identity');
    return;
  }
  if (own.signing.algorithm === 'HS256') {
    const why = `${own.name} signs with HS256, whose keys are not published: services could not verify the identity`;
    draft.refuse(['identity', 'token'], `${why}. Set its signing.algorithm to EdDSA, ES256, RS256 or PS256`);
  }
  const shared = audience.find((name) => own.audience?.includes(name));
  if (shared === undefined) return;
  const why = 'a service that does not check typ could take one of them, which clients have, for a signed identity';
  draft.refuse(['identity', 'token', 'audience'], `${quote(shared)} is also the audience of our access tokens: ${why}`);
}

type Written = NonNullable<ReturnType<typeof identitySchema.parse>>;

/** A header, and where it is written. */
interface WrittenHeader {
  readonly path: Path;
  readonly name: string;
}

function headersIn({ headers, claims, token }: Written): readonly WrittenHeader[] {
  return [
    ...Object.entries(headers).map(([key, name]) => ({ path: ['identity', 'headers', key], name })),
    ...Object.entries(claims).map(([key, name]) => ({ path: ['identity', 'claims', key], name })),
    ...(token === undefined ? [] : [{ path: ['identity', 'token', 'header'], name: token.header }]),
  ];
}

function refuseSharedNames(draft: Draft, headers: readonly WrittenHeader[]): void {
  for (const [index, { path, name }] of headers.entries()) {
    const earlier = headers.slice(0, index).find((other) => other.name === name);
    // Either of the two may be a default that the file does not contain.
    if (earlier !== undefined) draft.refuse(path, `${quote(name)} is already the header of ${earlier.path.at(-1)}`);
  }
  const spellings = headers.reduce((sum, { name }) => sum + 1 + otherSpellings(name).length, 0);
  if (spellings <= MAX_SPELLINGS) return;
  draft.refuse(
    ['identity'],
    `the identity headers have ${spellings} spellings, such as x_auth-subject, but at most ${MAX_SPELLINGS} can be removed from requests: use fewer headers, or names with fewer hyphens`,
  );
}

function claimNamed(draft: Draft, key: string, name: string): ClaimOfToken[] {
  const path: ClaimPath | undefined = parseClaimPath(key);
  if (path !== undefined) return [{ name, path }];
  const expected = "expected the name of a claim, or a path such as 'realm_access.roles'";
  draft.refuseKey(['identity', 'claims', key], `${expected}, found ${quote(key)}`);
  return [];
}

function refuseFactName(draft: Draft, name: string): void {
  const path = ['identity', 'metadata', name];
  if (!FACT_NAME.test(name)) {
    const expected = "expected a name of lower-case letters, digits and '_', such as tier";
    draft.refuseKey(path, `${expected}, found ${quote(name)}`);
  }
  if (FACTS.has(name)) draft.refuseKey(path, `${quote(name)} has another meaning in the metadata: use another name`);
}
