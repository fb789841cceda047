import type { Account } from '../accounts/account.ts';
import { findAccount } from '../accounts/find-account.ts';
import type { Operator } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { systemClock } from '../lib/clock.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { TokenSigner } from '../signing/token-signer.ts';
import type { Store } from '../store/store.ts';
import type { IssueOutcome, TokenRequest } from '../tokens/issue-token.ts';
import { IssueToken } from '../tokens/issue-token.ts';
import { PrivateTokens } from '../tokens/private-tokens.ts';
import { ScopeRules } from '../tokens/scope-rules.ts';
import { TokenMint } from '../tokens/token-mint.ts';
import { CommandRefused } from './command-refused.ts';
import { openOwnSigning } from './own-signing.ts';

interface IssueParts {
  readonly config: Config;
  readonly issuer: OwnIssuer;
  readonly store: Store;
  readonly revocations: CheckedRevocations;
  readonly audit: AuditLog;
  /** Takes warnings. */
  readonly err: (text: string) => void;
}

/** What an operator's request for a token led to; without an account if there is none with this name. */
export type OperatorIssue =
  | { readonly account: undefined; readonly outcome: undefined }
  | { readonly account: Account; readonly outcome: IssueOutcome };

/** An operator's request for an access token, or for an API key with a name. */
export type OperatorRequest =
  | ({ readonly form: 'jwt' } & TokenRequest)
  | { readonly form: 'key'; readonly name: string; readonly scopes: readonly string[]; readonly ttlSeconds: number };

/** Issues an access token or an API key for an account, with the use case of the token service. */
export async function issueFor(
  by: Operator,
  name: string,
  request: OperatorRequest,
  parts: IssueParts,
): Promise<OperatorIssue> {
  const { config, issuer, store, audit } = parts;
  // Before the account is read, so that a change after that ends the token (`src/accounts/authority.ts`).
  const atSeconds = Math.floor(systemClock.wallMs() / 1000);
  const account = await findAccount(store.accounts, name);
  if (account === undefined) return { account: undefined, outcome: undefined };
  const authority = { accountId: account.id, accountVersion: account.version, atSeconds, token: undefined };
  const using = { ttl: issuer.ttl, rules: new ScopeRules(config.scopes), accounts: store.accounts, audit };
  if (request.form === 'jwt') {
    const useCase = new IssueToken({ ...using, mint: mintOf(parts, await openSigner(parts)) });
    return { account, outcome: await useCase.issue(by, authority, request) };
  }
  if (config.apiKeys.prefix === undefined) {
    throw new CommandRefused('the configuration has no API keys: add the section apiKeys with a prefix to it');
  }
  const useCase = new PrivateTokens({ ...using, mint: mintOf(parts, NO_SIGNER) });
  const { ttlSeconds, ...wanted } = request;
  const outcome = await useCase.create(by, authority, { ...wanted, expiresAtSeconds: atSeconds + ttlSeconds });
  if (outcome.outcome === 'no_keys' || outcome.outcome === 'shown_once')
    throw new Error(`an API key: ${outcome.outcome}`);
  return { account, outcome };
}

function mintOf({ config, issuer, store, revocations, err }: IssueParts, signer: Pick<TokenSigner, 'sign'>): TokenMint {
  return new TokenMint({
    issuer: issuer.name,
    tokens: store.tokens,
    revocations,
    clockSkewMs: config.clockSkewMs,
    signer,
    keyPrefix: config.apiKeys.prefix,
    clock: systemClock,
    observer: {
      clockBehindMark: (_account, seconds) =>
        err(`warning: this clock is ${seconds} s behind the mark of the account\n`),
    },
  });
}

async function openSigner({ config, issuer, store, revocations }: IssueParts): Promise<TokenSigner> {
  const parts = { store, revocationSet: { revocations }, clock: systemClock, events: SILENT };
  const own = await openOwnSigning(config, parts, 'only read');
  if (own === undefined) {
    throw new CommandRefused('there is no signing key yet: start Sallyport once, or run sallyport keys rotate');
  }
  return new TokenSigner(issuer, own.keys);
}

/** Nothing signs an API key. */
const NO_SIGNER = { sign: () => Promise.reject(new Error('an API key is not signed')) };

/** The keys are read once, so nothing changes. */
const SILENT = { ownKeysChanged() {}, ownKeySigns() {}, ownKeysFailed() {}, ownKeysRecovered() {} };
