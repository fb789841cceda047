import { AccountManagement } from '../accounts/account-management.ts';
import { Accounts } from '../accounts/accounts.ts';
import { Authorities } from '../accounts/authority.ts';
import { ChangePassword } from '../accounts/change-password.ts';
import { CredentialCheck } from '../accounts/credential-check.ts';
import type { Config } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { Policy } from '../core/authorize.ts';
import type { BatchDecider, Decider, DecisionObserver } from '../core/ports.ts';
import type { Route } from '../core/route.ts';
import { RouteMap } from '../core/route.ts';
import { consoleRoute } from '../edge/console/route.ts';
import type { ConsoleUseCases } from '../edge/console/use-cases.ts';
import { exceptAdmittedCalls } from '../edge/except-admitted-calls.ts';
import { CALLS } from '../edge/token-api/calls.ts';
import { tokenRoutes } from '../edge/token-api/routes.ts';
import type { TokenUseCases } from '../edge/token-api/use-cases.ts';
import { AdminRevocation } from '../revocation/admin-revocation.ts';
import { LeakReports } from '../revocation/leaks/leak-reports.ts';
import { LeakSignatures } from '../revocation/leaks/leak-signatures.ts';
import { givenReporterKeys, PublishedReporterKeys } from '../revocation/leaks/published-reporter-keys.ts';
import { OwnTokenRevocation } from '../revocation/own-token-revocation.ts';
import { RevocationWriter } from '../revocation/revocation-writer.ts';
import { keySetMaxAgeSeconds } from '../signing/key-life.ts';
import { PublishedKeySet } from '../signing/published-key-set.ts';
import { TokenSigner } from '../signing/token-signer.ts';
import { Idempotency } from '../tokens/idempotency.ts';
import { ANY_TOKEN, IntrospectToken } from '../tokens/introspect-token.ts';
import { IssueToken } from '../tokens/issue-token.ts';
import { LogIn } from '../tokens/log-in.ts';
import { PrivateTokens } from '../tokens/private-tokens.ts';
import { RefreshFamilies } from '../tokens/refresh/refresh-families.ts';
import { RefreshToken } from '../tokens/refresh/refresh-token.ts';
import { TokenRotation } from '../tokens/rotation.ts';
import { ScopeRules } from '../tokens/scope-rules.ts';
import { TokenMint } from '../tokens/token-mint.ts';
import { TokenViews } from '../tokens/token-views.ts';
import type { CredentialVerifier } from '../verification/credential-verifier.ts';
import type { OwnSigning } from './own-signing.ts';
import type { SharedParts } from './shared-parts.ts';
import { tracedAccounts, tracedPasswords } from './traced-io.ts';

/** Callers of the token service may wait while a password is hashed; a gateway would not. */
const TOKEN_CALL_TIMEOUT_MS = 10_000;

/** Creates a decider for a policy. */
export type MakeDecider = (
  policy: Omit<Policy, 'generation'>,
  decisionTimeoutMs: number,
  observer?: DecisionObserver,
  notesUse?: boolean,
) => BatchDecider;

/** The use cases of our own tokens and accounts under one configuration, for the doors. */
export function buildUseCases(
  { scopes: catalogue, clockSkewMs, issuers, limits, apiKeys }: Config,
  issuer: OwnIssuer,
  sharedParts: SharedParts & { readonly own: OwnSigning },
  verifier: CredentialVerifier,
  decider: MakeDecider,
): TokenUseCases & ConsoleUseCases {
  const { store, revocationSet, clock, own, events, audit } = sharedParts;
  const { accounts, tokens } = store;
  const { revocations } = revocationSet;
  const { ttl, name } = issuer;
  const { prefix: keyPrefix } = apiKeys;
  const signer = new TokenSigner(issuer, own.keys);
  const mint = new TokenMint({
    issuer: name,
    tokens,
    revocations,
    signer,
    keyPrefix,
    clock,
    clockSkewMs,
    observer: events,
  });
  const families =
    ttl.refreshSeconds === undefined
      ? undefined
      : new RefreshFamilies({ ttlSeconds: ttl.refreshSeconds, mint, tokens, signer });
  const rules = new ScopeRules(catalogue);
  const views = new TokenViews({ issuer: name, tokens, revocations, clock });
  const writer = new RevocationWriter({ revocations, tokens, accounts, ownIssuer: name, audit, clock, clockSkewMs });
  const shared = { issuer: name, tokens, revocations, clock, clockSkewMs };
  const { signingKeys } = store;
  const examining = { examiner: verifier, keyPrefix, maxTokenLength: limits.token };
  const named = { accounts, tokens, signingKeys, ...examining, clock };
  const revoking = { writer, unrecorded: sharedParts.unrecorded };
  const byRoutes = (routes: readonly Route[], observer?: DecisionObserver, notesUse?: boolean): Decider => {
    const policy = { routes: new RouteMap(routes), basicUntilMs: Number.POSITIVE_INFINITY, shadow: false };
    return decider(policy, TOKEN_CALL_TIMEOUT_MS, observer, notesUse);
  };
  const credentials = checkOf(sharedParts);
  const managed = new Accounts({
    store: { accounts, revocations },
    passwords: sharedParts.passwords,
    issuer: name,
    catalogue,
    clock,
    audit,
  });
  const calls = tokenRoutes(CALLS, name);
  return {
    decider: byRoutes([...calls, consoleRoute(name)], exceptAdmittedCalls(events, calls)),
    issuer: issuer.issuer[0],
    catalogue,
    rules,
    keyPrefix,
    accountStore: accounts,
    idempotency: new Idempotency({ store: store.idempotency, sealer: own.sealer, clock }),
    authorities: new Authorities({ accounts, revocations, clock }),
    issueToken: new IssueToken({ ttl, rules, accounts, mint, families, audit }),
    refreshToken:
      families &&
      new RefreshToken({ ...shared, ttl, rules, accounts, mint, families, writer, audit, observer: events }),
    ownTokenRevocation: new OwnTokenRevocation({
      ...shared,
      ...revoking,
      resolver: { ...named, issuers: [issuer] },
      audit,
    }),
    logIn: new LogIn({ credentials, mint, devices: sharedParts.devices, audit, observer: events }),
    privateTokens: new PrivateTokens({ ttl, rules, accounts, mint, audit }),
    rotation: new TokenRotation({ ...shared, ttl, rules, accounts, views, mint, audit }),
    tokenViews: views,
    leakSignatures: leakSignaturesOf(apiKeys, sharedParts),
    leakReports: new LeakReports({ resolver: { ...named, issuers: [issuer] }, writer, revocations }),
    adminRevocation: new AdminRevocation({ ...revoking, resolver: { ...named, issuers } }),
    introspectToken: new IntrospectToken({
      decider: byRoutes([ANY_TOKEN], unobserved(events), false),
      own: { accounts, issuer: name },
      clockSkewMs,
    }),
    keySet: new PublishedKeySet(own.keys, keySetMaxAgeSeconds(issuer.signing)),
    accounts: new AccountManagement(managed),
    changePassword: new ChangePassword({ store: accounts, accounts: managed, credentials, observer: events }),
  };
}

/** Checks who reports leaks, if this configuration takes such reports. */
function leakSignaturesOf(
  { leakReports }: Config['apiKeys'],
  { clock, events: observer }: SharedParts,
): LeakSignatures | undefined {
  if (leakReports === undefined) return undefined;
  const keys =
    leakReports.kind === 'file'
      ? givenReporterKeys(leakReports.keys)
      : new PublishedReporterKeys({ url: leakReports.url, clock, observer });
  return new LeakSignatures(keys, clock);
}

/** For decisions about a token without a request, which count neither as decisions nor as uses. */
export function unobserved(events: Pick<DecisionObserver, 'failed'>): DecisionObserver {
  return { decided: () => {}, failed: (error, request) => events.failed(error, request) };
}

/** Checks a name and a password. */
export function checkOf({ store, passwords, throttle, events, tracer }: SharedParts): CredentialCheck {
  return new CredentialCheck({
    accounts: tracedAccounts(store.accounts, tracer),
    passwords: tracedPasswords(passwords, tracer),
    throttle,
    observer: events,
  });
}
