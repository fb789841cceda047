import type { Account } from '../accounts/account.ts';
import { findAccount } from '../accounts/find-account.ts';
import type { Operator } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Config, OwnIssuer } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { TokenSigner } from '../signing/token-signer.ts';
import type { Store } from '../store/store.ts';
import type { IssueOutcome, TokenRequest } from '../tokens/issue-token.ts';
import { IssueToken } from '../tokens/issue-token.ts';
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

/** Issues an access token for an account, with the use case of the token service. */
export async function issueFor(
  by: Operator,
  name: string,
  request: TokenRequest,
  { config, issuer, store, revocations, audit, err }: IssueParts,
): Promise<OperatorIssue> {
  // Before the account is read, so that a change after that ends the token (`src/accounts/authority.ts`).
  const atSeconds = Math.floor(systemClock.wallMs() / 1000);
  const account = await findAccount(store.accounts, name);
  if (account === undefined) return { account: undefined, outcome: undefined };
  const parts = { store, revocationSet: { revocations }, clock: systemClock, events: SILENT };
  const own = await openOwnSigning(config, parts, 'only read');
  if (own === undefined) {
    throw new CommandRefused('there is no signing key yet: start Sallyport once, or run sallyport keys rotate');
  }
  const { scopes: catalogue, clockSkewMs } = config;
  const mint = new TokenMint({
    issuer: issuer.name,
    tokens: store.tokens,
    revocations,
    clockSkewMs,
    signer: new TokenSigner(issuer, own.keys),
    clock: systemClock,
    observer: {
      clockBehindMark: (_account, seconds) =>
        err(`warning: this clock is ${seconds} s behind the mark of the account\n`),
    },
  });
  const useCase = new IssueToken({
    ttl: issuer.ttl,
    rules: new ScopeRules(catalogue),
    accounts: store.accounts,
    mint,
    audit,
  });
  const authority = { accountId: account.id, accountVersion: account.version, atSeconds, token: undefined };
  return { account, outcome: await useCase.issue(by, authority, request) };
}

/** The keys are read once, so nothing changes. */
const SILENT = { ownKeysChanged() {}, ownKeySigns() {}, ownKeysFailed() {}, ownKeysRecovered() {} };
