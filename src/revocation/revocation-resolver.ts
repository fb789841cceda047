import { findNamedAccount } from '../accounts/account-id.ts';
import { openInspection } from '../app/inspection.ts';
import type { Terminal } from '../cli/command.ts';
import { CommandError } from '../cli/command.ts';
import { readCredentialFile } from '../cli/terminal/credential-file.ts';
import type { OfIssuer, RevokeRequest } from '../cli/token-revoke.ts';
import type { Config, IssuerConfig } from '../config/config.ts';
import { list, quote, suggest } from '../lib/wording.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { longestTokenSeconds } from '../signing/key-life.ts';
import type { Store } from '../store/store.ts';
import { wordsOf } from '../verification/jwt.ts';
import { identifyToken } from './identify-token.ts';
import { unrecordedToken } from './unrecorded-tokens.ts';

/** What a request comes to, one target or several, and what its author should know about it. */
export interface Resolved {
  readonly targets: readonly RevocationTarget[];
  readonly warnings: readonly string[];
}

export interface ResolveTools {
  readonly config: Config;
  readonly store: Pick<Store, 'tokens' | 'accounts' | 'signingKeys'>;
  readonly terminal: Terminal;
  /** Up to when a mark ends what was issued, where nothing else was asked for. */
  readonly nowSeconds: number;
}

/** Throws a {@link CommandError} where no such issuer is configured, and where it has no such thing. */
export function checkIssuer(request: OfIssuer, config: Config): void {
  const { kind, name } = issuerNamed(request.issuer, config);
  if (request.form !== 'key' || (kind !== 'secrets' && kind !== 'introspection')) return;
  const why = kind === 'secrets' ? 'signs with a shared secret, which has no key id' : 'signs nothing';
  throw new CommandError(`sallyport: ${name} ${why}: end its tokens with --all`);
}

function issuerNamed(name: string, { issuers }: Config): IssuerConfig {
  const issuer = issuers.find((one) => one.name === name);
  if (issuer !== undefined) return issuer;
  const names = issuers.map((one) => one.name);
  const known = names.length === 0 ? 'there is none' : `there is ${list(names, 'and')}`;
  throw new CommandError(`sallyport: no issuer ${quote(name)}${suggest(name, names)} (${known})`);
}

/**
 * Finds out what is to be ended. What the store does not know is ended all the same, with a warning: it may have lost
 * what it knew.
 */
export async function resolve(request: RevokeRequest, tools: ResolveTools): Promise<Resolved> {
  const { config, store, terminal, nowSeconds } = tools;
  switch (request.form) {
    case 'token-file':
      return resolveToken((await readCredentialFile(request.file, terminal)).trim(), config);
    case 'thumbprint': {
      const { thumbprint, expiresAtSeconds } = request;
      return sure({ kind: 'thumbprint', thumbprint, expiresAtSeconds });
    }
    case 'jti':
      return resolveTokenId(request, issuerNamed(request.issuer, config), store, nowSeconds);
    case 'subject':
      return resolveSubject(request, issuerNamed(request.issuer, config), store, nowSeconds);
    case 'key':
      return resolveKey(request, issuerNamed(request.issuer, config), store);
    case 'all': {
      const { issuer, issuedUpToSeconds = nowSeconds } = request;
      return sure({ kind: 'issuer', issuer, issuedUpToSeconds });
    }
  }
}

async function resolveToken(token: string, config: Config): Promise<Resolved> {
  const identified = await identify(token, config);
  if (typeof identified === 'string')
    throw new CommandError(
      `sallyport: that is no token of a kind that is taken here (${wordsOf(identified, config.limits.token)})`,
    );
  const { targets, failed } = identified;
  if (failed === undefined) return sure(...targets);
  return { targets, warnings: [`it could not be verified (${failed}): its thumbprint is revoked, not its id`] };
}

async function identify(token: string, config: Config): ReturnType<typeof identifyToken> {
  const takesOpaque = config.issuers.some(({ kind }) => kind === 'introspection');
  const shared = { takesOpaque, maxTokenLength: config.limits.token };
  try {
    const inspection = await openInspection(config);
    try {
      return await identifyToken(token, { examiner: inspection.verifier, ...shared });
    } finally {
      await inspection.close();
    }
  } catch (error) {
    // Keys that cannot be opened are no reason to leave a token in force.
    const unverified = { outcome: 'refused', reason: 'unavailable', check: 'keys' } as const;
    const examiner = { examine: () => Promise.resolve(unverified) };
    const identified = await identifyToken(token, { examiner, ...shared });
    const failed = error instanceof Error ? error.message : unverified.check;
    return typeof identified === 'string' ? identified : { ...identified, failed };
  }
}

async function resolveTokenId(
  { tokenId, expiresAtSeconds }: OfIssuer & { readonly form: 'jti' },
  config: IssuerConfig,
  store: ResolveTools['store'],
  nowSeconds: number,
): Promise<Resolved> {
  const { name: issuer, kind } = config;
  if (kind !== 'signing') return sure({ kind: 'token', issuer, tokenId, expiresAtSeconds });
  const record = await store.tokens.find(tokenId);
  if (record !== undefined) {
    return sure({ kind: 'token', issuer, tokenId, expiresAtSeconds: record.expiresAtSeconds });
  }
  const parts = {
    issuer,
    signingKeys: store.signingKeys,
    longestTokenSeconds: longestTokenSeconds(config),
    nowSeconds,
  };
  // An operator does not make ids up: instances remember this entry as any other.
  const ends = expiresAtSeconds ?? (await unrecordedToken(tokenId, parts)).expiresAtSeconds;
  const target = { kind: 'token', issuer, tokenId, expiresAtSeconds: ends } as const;
  return { targets: [target], warnings: ['the store knows of no token with this id'] };
}

/** Of our own issuer a subject is an account, which has a name as well: a mark for anything else would end nothing. */
async function resolveSubject(
  { subject, issuedUpToSeconds }: OfIssuer & { readonly form: 'subject' },
  { name: issuer, kind }: IssuerConfig,
  { accounts }: ResolveTools['store'],
  nowSeconds: number,
): Promise<Resolved> {
  const target = { kind: 'subject', issuer, subject, issuedUpToSeconds: issuedUpToSeconds ?? nowSeconds } as const;
  if (kind !== 'signing') return sure(target);
  const named = await findNamedAccount(subject, accounts);
  if (named === undefined) {
    const names = (await accounts.list()).map(({ name }) => name);
    throw new CommandError(
      `sallyport: no account with the id, name or e-mail address ${quote(subject)}${suggest(subject, names)}`,
    );
  }
  const warnings = named.account === undefined ? ['the store knows of no account with this id'] : [];
  const { id } = named;
  if (issuedUpToSeconds === undefined) return { targets: [{ kind: 'account', issuer, subject: id }], warnings };
  return { targets: [{ ...target, subject: id }], warnings };
}

async function resolveKey(
  { kid }: OfIssuer & { readonly form: 'key' },
  { name: issuer, kind }: IssuerConfig,
  { signingKeys }: ResolveTools['store'],
): Promise<Resolved> {
  const target = { kind: 'signing key', issuer, kid } as const;
  if (kind !== 'signing') return sure(target);
  const kids = (await signingKeys.read(issuer)).keys.map((key) => key.kid);
  if (kids.includes(kid)) return sure(target);
  return {
    targets: [target],
    warnings: [`the store knows of no such key${suggest(kid, kids)} (${list(kids, 'and') || 'none'})`],
  };
}

function sure(...targets: readonly RevocationTarget[]): Resolved {
  return { targets, warnings: [] };
}
