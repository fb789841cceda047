import { AccountManagement } from '../accounts/account-management.ts';
import { Accounts } from '../accounts/accounts.ts';
import { Authorities } from '../accounts/authority.ts';
import { ChangePassword } from '../accounts/change-password.ts';
import { CredentialCheck } from '../accounts/credential-check.ts';
import type { GuessThrottle } from '../accounts/guesses/guess-throttle.ts';
import type { KnownDevices } from '../accounts/guesses/known-devices.ts';
import type { Passwords } from '../accounts/passwords/passwords.ts';
import { Authorizer } from '../authorizer.ts';
import type { Config, OwnIssuer } from '../config/config.ts';
import type { Policy } from '../core/authorize.ts';
import type { Clock, Decider, DecisionObserver, TokenExaminer, Verifier } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import type { Route } from '../core/route.ts';
import { RouteMap } from '../core/route.ts';
import { UpstreamHeaderWriter } from '../core/upstream-headers.ts';
import { basicNotice } from '../edge/basic-notice.ts';
import { consoleRoute } from '../edge/console/route.ts';
import type { ConsoleUseCases } from '../edge/console/use-cases.ts';
import type { Gateway } from '../edge/ext-authz/service.ts';
import { exceptPassedCalls } from '../edge/token-api/call-decisions.ts';
import { CALLS } from '../edge/token-api/calls.ts';
import { tokenRoutes } from '../edge/token-api/routes.ts';
import type { TokenUseCases } from '../edge/token-api/use-cases.ts';
import type { Events } from '../observe/events.ts';
import { AdminRevocation } from '../revocation/admin-revocation.ts';
import { OwnTokenRevocation } from '../revocation/own-token-revocation.ts';
import { RevocationWriter } from '../revocation/revocation-writer.ts';
import type { UnrecordedBudget } from '../revocation/unrecorded-tokens.ts';
import type { RevocationSet } from '../revocation-set/revocation-set.ts';
import type { Standings } from '../revocation-set/standings.ts';
import { keySetMaxAgeSeconds, longestTokenSeconds } from '../signing/key-life.ts';
import { KeyRing } from '../signing/key-ring.ts';
import type { OwnKeys } from '../signing/own-keys.ts';
import { PublishedKeySet } from '../signing/published-key-set.ts';
import type { Sealer } from '../signing/sealer.ts';
import { TokenSigner } from '../signing/token-signer.ts';
import type { Store } from '../store/store.ts';
import { Idempotency } from '../tokens/idempotency.ts';
import { ANY_TOKEN, IntrospectToken } from '../tokens/introspect-token.ts';
import { IssueToken } from '../tokens/issue-token.ts';
import { LogIn } from '../tokens/log-in.ts';
import { PrivateTokens } from '../tokens/private-tokens.ts';
import { ScopeRules } from '../tokens/scope-rules.ts';
import { TokenMint } from '../tokens/token-mint.ts';
import { TokenViews } from '../tokens/token-views.ts';
import type { BasicUseCounter } from '../verification/basic/basic-use-counter.ts';
import { BasicVerifier } from '../verification/basic/basic-verifier.ts';
import type { PasswordCache } from '../verification/basic/password-cache.ts';
import { BearerVerifier } from '../verification/bearer/bearer-verifier.ts';
import { trustIssuers } from '../verification/bearer/trust.ts';
import { CredentialCaches } from '../verification/credential-caches.ts';
import { CredentialVerifier } from '../verification/credential-verifier.ts';
import type { KeySets } from '../verification/key-sets/key-sets.ts';
import { FixedKeys } from '../verification/keys.ts';
import type { Introspection } from '../verification/opaque/introspection.ts';
import type { TokenCache } from '../verification/token-cache.ts';

/** The token service's callers may wait for a password to be hashed; no gateway waits with them. */
const TOKEN_CALL_TIMEOUT_MS = 10_000;

type MakeDecider = (
  policy: Omit<Policy, 'generation'>,
  decisionTimeoutMs: number,
  observer?: DecisionObserver,
  notesUse?: boolean,
) => Decider;

/** What outlives a configuration: the parts that remember, and those that only a restart replaces. */
export interface SharedParts {
  readonly events: Events;
  readonly store: Store;
  readonly clock: Clock;
  readonly revocationSet: Pick<RevocationSet, 'status'>;
  readonly standings: Standings;
  readonly known: TokenCache;
  readonly keySets: KeySets;
  readonly introspection: Introspection;
  readonly passwords: Passwords;
  readonly throttle: GuessThrottle;
  readonly devices: KnownDevices;
  readonly knownPasswords: PasswordCache;
  readonly unrecorded: UnrecordedBudget;
  /** What we sign with; `undefined` where nothing of ours signs. */
  readonly own: OwnSigning | undefined;
  /** `undefined` where nobody counts. */
  readonly basicUses: Pick<BasicUseCounter, 'note'> | undefined;
}

/** Our own keys, and what opens them. */
export interface OwnSigning {
  readonly keys: OwnKeys;
  readonly sealer: Sealer;
}

/** The keys in the store, under one configuration. */
export function keyRingOf(
  { clockSkewMs }: Pick<Config, 'clockSkewMs'>,
  issuer: OwnIssuer,
  { store, clock, sealer }: { readonly store: Store; readonly clock: Clock; readonly sealer: Sealer },
): KeyRing {
  const { signingKeys, revocations } = store;
  return new KeyRing({ issuer, store: signingKeys, revocations, sealer, clock, clockSkewMs });
}

/** All that one configuration decides; a reload makes the next one and the doors ask that from then on. */
export interface ActiveConfig {
  readonly config: Config;
  readonly verifier: Verifier & TokenExaminer;
  readonly gateway: Gateway;
  /** `undefined` where nothing of ours signs. */
  readonly tokens: (TokenUseCases & ConsoleUseCases) | undefined;
}

/** @param generation rises with every configuration: tokens that were verified under another are verified again. */
export function buildActiveConfig(config: Config, sharedParts: SharedParts, generation: number): ActiveConfig {
  const own = ownIssuer(config);
  const verifier = buildVerifier(config, own, sharedParts, generation);
  const { standings, clock, events } = sharedParts;
  const known = new CredentialCaches(sharedParts.known, sharedParts.knownPasswords);
  const decider: MakeDecider = (policy, decisionTimeoutMs, observer = events, notesUse = true) => {
    const parts = { known, verifier, standings, clock, observer, decisionTimeoutMs, notesUse };
    return new Authorizer({ policy: { ...policy, generation }, ...parts });
  };
  const { routes, basic, shadow, timeouts, identity, trustedProxies } = config;
  const policy = { routes: new RouteMap(routes), basicUntilMs: basic.sunsetMs, shadow };
  return {
    config,
    verifier,
    gateway: {
      decider: decider(policy, timeouts.decisionMs, gatewayObserver(sharedParts)),
      headers: new UpstreamHeaderWriter(identity.headers, identity.forwardCredential, identity.everySpelling),
      trustedProxies,
      basicNotice: basicNotice(basic.sunsetMs),
    },
    tokens:
      own && sharedParts.own && buildUseCases(config, own, { ...sharedParts, own: sharedParts.own }, verifier, decider),
  };
}

/** Told of what the gateway asks, and not of the token service's calls, which take passwords for ever. */
function gatewayObserver({ events, basicUses }: SharedParts): DecisionObserver {
  if (basicUses === undefined) return events;
  return {
    decided: (request, decision, timing) => {
      events.decided(request, decision, timing);
      basicUses.note(request, decision);
    },
    failed: (error, request) => events.failed(error, request),
  };
}

/** The issuer whose tokens are ours, if we sign any. */
export function ownIssuer({ issuers }: Config): OwnIssuer | undefined {
  return issuers.find((issuer) => issuer.kind === 'signing');
}

function buildVerifier(
  config: Config,
  own: OwnIssuer | undefined,
  sharedParts: SharedParts,
  generation: number,
): CredentialVerifier {
  const { clock, standings, known, keySets, introspection } = sharedParts;
  const issuers = trustIssuers(config.issuers, sharedParts.own?.keys ?? new FixedKeys([]), keySets);
  const { clockSkewMs, limits } = config;
  const shared = { known, standings, clockSkewMs, maxTokenLength: limits.token, generation };
  return new CredentialVerifier({
    bearer: new BearerVerifier({ ...shared, issuers, clock }),
    opaque: introspection.verifier(config.issuers, shared),
    basic: own && buildBasicVerifier(own, sharedParts, generation),
  });
}

function buildUseCases(
  { scopes: catalogue, clockSkewMs, issuers, limits }: Config,
  issuer: OwnIssuer,
  sharedParts: SharedParts & { readonly own: OwnSigning },
  verifier: CredentialVerifier,
  decider: MakeDecider,
): TokenUseCases & ConsoleUseCases {
  const { store, clock, own, events } = sharedParts;
  const { accounts, tokens, revocations } = store;
  const { ttl, name } = issuer;
  const signer = new TokenSigner(issuer, own.keys);
  const mint = new TokenMint({ issuer: name, tokens, revocations, signer, clock, clockSkewMs, events });
  const rules = new ScopeRules(catalogue);
  const views = new TokenViews({ issuer: name, tokens, revocations, clock });
  const revoke = new RevocationWriter({ revocations, tokens, accounts, ownIssuer: name, events, clock, clockSkewMs });
  const shared = { issuer: name, tokens, revocations, clock, clockSkewMs };
  const { signingKeys } = store;
  const unknown = { signingKeys, longestTokenSeconds: longestTokenSeconds(issuer), unrecorded: sharedParts.unrecorded };
  const foreignTokenLeft = events.foreignTokenLeft.bind(events);
  const revokeToken = new OwnTokenRevocation({ ...shared, ...unknown, revoke, foreignTokenLeft });
  const byRoutes = (routes: readonly Route[], observer?: DecisionObserver, notesUse?: boolean): Decider => {
    const policy = { routes: new RouteMap(routes), basicUntilMs: Number.POSITIVE_INFINITY, shadow: false };
    return decider(policy, TOKEN_CALL_TIMEOUT_MS, observer, notesUse);
  };
  const credentials = checkOf(sharedParts);
  const managed = new Accounts({
    store,
    passwords: sharedParts.passwords,
    issuer: name,
    catalogue,
    clock,
  });
  const calls = tokenRoutes(CALLS, name);
  // Nobody passes or is turned away by being asked about, and it is no use of the token.
  const unseen = {
    decided: () => {},
    failed: (error: unknown, request?: AccessRequest) => events.failed(error, request),
  };
  return {
    decider: byRoutes([...calls, consoleRoute(name)], exceptPassedCalls(events, calls)),
    issuer: issuer.issuer,
    catalogue,
    rules,
    accountStore: accounts,
    idempotency: new Idempotency({ store: store.idempotency, sealer: own.sealer, clock }),
    authorities: new Authorities({ accounts, revocations, clock }),
    issueToken: new IssueToken({ ttl, rules, accounts, mint }),
    revokeToken,
    logIn: new LogIn({ credentials, mint, devices: sharedParts.devices }),
    privateTokens: new PrivateTokens({ ttl, rules, accounts, tokens, views, mint, revokeToken }),
    tokenViews: views,
    revokeAny: new AdminRevocation({
      issuers,
      accounts,
      tokens,
      examiner: verifier,
      maxTokenLength: limits.token,
      revoke,
      clock,
      ...unknown,
    }),
    introspectToken: new IntrospectToken({ decider: byRoutes([ANY_TOKEN], unseen, false), accounts, issuer: name }),
    keySet: new PublishedKeySet(own.keys, keySetMaxAgeSeconds(issuer.signing)),
    accounts: new AccountManagement(managed),
    changePassword: new ChangePassword({ store: accounts, accounts: managed, credentials }),
  };
}

function buildBasicVerifier({ name: issuer }: OwnIssuer, sharedParts: SharedParts, generation: number): BasicVerifier {
  const { store, standings, knownPasswords: known, clock } = sharedParts;
  const credentials = checkOf(sharedParts);
  return new BasicVerifier({ credentials, accounts: store.accounts, standings, known, clock, issuer, generation });
}

function checkOf({ store, passwords, throttle, events }: SharedParts): CredentialCheck {
  return new CredentialCheck({ accounts: store.accounts, passwords, throttle, observer: events });
}
