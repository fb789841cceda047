import { AccessQuestions } from '../access/access-questions.ts';
import { scopeRoutes } from '../access/scope-routes.ts';
import { WatchedKeep } from '../access/watched-keep.ts';
import { Authorizer } from '../authorizer/authorizer.ts';
import type { ClaimOfToken, Config } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { DPOP } from '../core/binding/proof.ts';
import { claimKey } from '../core/claims/claim-path.ts';
import type { CredentialCache } from '../core/credential/verified-credential.ts';
import type {
  Admit,
  BatchDecider,
  Decider,
  DecisionObserver,
  TokenExaminer,
  UpstreamSigner,
  Verifier,
} from '../core/ports.ts';
import { RouteMap } from '../core/route.ts';
import type { NamedClaim } from '../core/upstream/upstream-headers.ts';
import { UpstreamHeaderWriter } from '../core/upstream/upstream-headers.ts';
import { ACCESS_ROUTES } from '../edge/access-api/routes.ts';
import type { AccessUseCases } from '../edge/access-api/use-cases.ts';
import { EXPLAIN_ROUTE } from '../edge/admin/routes.ts';
import type { AdminUseCases } from '../edge/admin/use-cases.ts';
import { AUTHZEN_ROUTES } from '../edge/authzen/routes.ts';
import type { AuthzenUseCases } from '../edge/authzen/use-cases.ts';
import { basicNotice } from '../edge/basic-notice.ts';
import type { ConsoleUseCases } from '../edge/console/use-cases.ts';
import { exceptAdmittedCalls } from '../edge/except-admitted-calls.ts';
import type { Gateway } from '../edge/gateway.ts';
import type { TokenUseCases } from '../edge/token-api/use-cases.ts';
import { explainRequest } from '../explanation/explain.ts';
import { keptCounter } from '../observe/kept-counter.ts';
import { createUpstreamSigner } from '../signing/upstream-signer.ts';
import { ANY_TOKEN, IntrospectToken } from '../tokens/introspect-token.ts';
import { ApiKeyVerifier } from '../verification/api-keys/api-key-verifier.ts';
import { BasicVerifier } from '../verification/basic/basic-verifier.ts';
import { BearerVerifier } from '../verification/bearer/bearer-verifier.ts';
import { trustIssuers } from '../verification/bearer/trust.ts';
import { CredentialCaches } from '../verification/credential-caches.ts';
import type { CredentialVerifierParts } from '../verification/credential-verifier.ts';
import { CredentialVerifier } from '../verification/credential-verifier.ts';
import { FixedKeys } from '../verification/keys.ts';
import { ScopeLists } from '../verification/scope-lists.ts';
import type { CredentialParts } from '../verification/verified-token.ts';
import { buildAuthzen } from './authzen-use-cases.ts';
import { buildDpop } from './dpop.ts';
import { keptClaims } from './kept-claims.ts';
import { ownIssuer } from './own-signing.ts';
import type { SharedParts } from './shared-parts.ts';
import { tracedAccounts, tracedKeys, tracedStandings } from './traced-io.ts';
import type { MakeDecider } from './use-cases.ts';
import { buildUseCases, checkOf, unobserved } from './use-cases.ts';
import { fieldsWithCredentials, headersWithCredentials, wantedFields } from './wanted-fields.ts';

/** Everything that one configuration decides. A reload builds the next one, which the doors use from then on. */
export interface ActiveConfig {
  readonly config: Config;
  readonly verifier: Verifier & TokenExaminer;
  readonly gateway: Gateway;
  readonly access: AccessUseCases;
  readonly authzen: AuthzenUseCases;
  readonly admin: AdminUseCases;
  /** The use cases of our own tokens; `undefined` if no issuer is our own. */
  readonly tokens: (TokenUseCases & ConsoleUseCases) | undefined;
}

/**
 * Builds what a configuration decides, and changes nothing: no part fetches, reads or forgets anything before it takes
 * the configuration up.
 *
 * @param generation rises with every configuration: a token that was verified under another one is verified again.
 */
export function buildActiveConfig(config: Config, sharedParts: SharedParts, generation: number): ActiveConfig {
  const own = ownIssuer(config);
  const dpop = buildDpop(config, sharedParts);
  const verifier = buildVerifier(config, own, sharedParts, generation);
  const { standings, clock, events, tracer, pace } = sharedParts;
  const admit: Admit = ({ credential, client, waitMs }, begin, giveUp) =>
    verifier.isJwt(credential) ? pace.run(begin, giveUp, client, waitMs) : begin();
  const rulings = sharedParts.decisionPoints.rulings(config.decisionPoints);
  const known = new CredentialCaches(sharedParts.known, sharedParts.knownPasswords);
  const signer = upstreamSigner(config, own, sharedParts);
  const decider: MakeDecider = (policy, decisionTimeoutMs, observer = events, notesUse = true) => {
    const upstreamSigner = policy.signsIdentity === true ? signer : undefined;
    const parts = {
      known,
      rulings,
      verifier,
      admit,
      proofs: dpop?.proofs,
      standings,
      clock,
      observer,
      tracer,
      decisionTimeoutMs,
      notesUse,
      upstreamSigner,
    };
    return new Authorizer({ policy: { ...policy, generation }, ...parts });
  };
  const { routes, basic, cors, shadow, timeouts, identity, trustedProxies } = config;
  const map = new RouteMap(routes, scopeRoutes(config.scopes, basic.routes));
  const policy = { routes: map, basicUntilMs: basic.sunsetMs, dpop: dpop?.terms, shadow, cors: cors.rule };
  const signing = { ...policy, signsIdentity: identity.token !== undefined };
  const gatewayDecider = decider(signing, timeouts.decisionMs, gatewayObserver(sharedParts));
  const explainer = decider(policy, timeouts.decisionMs, unobserved(events), false);
  const access = buildAccess(config, sharedParts, gatewayDecider, decider, own);
  const deciderWith = (asserted: CredentialCache): BatchDecider => {
    const parts = { rulings, verifier, admit, standings, clock, observer: events, tracer };
    const limits = { decisionTimeoutMs: timeouts.decisionMs };
    return new Authorizer({ ...parts, ...limits, policy: { ...policy, generation }, known: asserted });
  };
  return {
    config,
    verifier,
    gateway: {
      decider: gatewayDecider,
      headers: headerWriter(config),
      metadata: identity.metadata.map(named),
      wantedFields: wantedFields(config),
      credentialFields: fieldsWithCredentials(config),
      trustedProxies,
      cors: cors.rule,
      basicNotice: basicNotice(basic.sunsetMs),
      countKept: keptCounter(config, events),
      maxStalenessMs: config.revocation.maxStalenessMs,
    },
    access,
    admin: buildAdmin(config, sharedParts, access.callers, explainer),
    authzen: buildAuthzen(config, { ...access, own, accounts: sharedParts.store.accounts, generation, deciderWith }),
    tokens:
      own && sharedParts.own && buildUseCases(config, own, { ...sharedParts, own: sharedParts.own }, verifier, decider),
  };
}

/** Writes what upstreams receive. */
function headerWriter(config: Config): UpstreamHeaderWriter {
  const { headers, forwardCredential, everySpelling, claims, token } = config.identity;
  const credentials = config.dpop.kind === 'on' ? ['authorization', DPOP] : ['authorization'];
  return new UpstreamHeaderWriter(
    headers,
    forwardCredential,
    everySpelling,
    claims.map(named),
    token?.header,
    credentials,
    headersWithCredentials(config),
  );
}

/** Signs identities for upstreams, if the configuration wants that. */
function upstreamSigner(
  { identity: { token }, clockSkewMs }: Config,
  issuer: OwnIssuer | undefined,
  { own, clock, events }: SharedParts,
): UpstreamSigner | undefined {
  if (token === undefined || issuer === undefined || own === undefined) return undefined;
  const { audience, ttlSeconds } = token;
  const failed = (error: unknown): void => events.failed(error);
  const claims = token.claims.map(named);
  return createUpstreamSigner({ issuer, audience, ttlSeconds, claims, keys: own.keys, clock, clockSkewMs, failed });
}

function named({ name, path }: ClaimOfToken): NamedClaim {
  return { name, claim: claimKey(path) };
}

/** The use cases of the internal API and of policy clients. */
function buildAccess(
  { scopes: catalogue, clockSkewMs, timeouts, trustedProxies, shadow }: Config,
  { events, store, standings, clock }: SharedParts,
  questions: BatchDecider,
  decider: MakeDecider,
  own: OwnIssuer | undefined,
): AccessUseCases {
  const { decisionMs } = timeouts;
  const open = { basicUntilMs: Number.POSITIVE_INFINITY, shadow: false };
  const introspector = decider({ ...open, routes: new RouteMap([ANY_TOKEN]) }, decisionMs, unobserved(events), false);
  const callerRoutes = [...ACCESS_ROUTES, ...AUTHZEN_ROUTES, EXPLAIN_ROUTE];
  const admitting = exceptAdmittedCalls(events, callerRoutes);
  return {
    callers: decider({ ...open, routes: new RouteMap(callerRoutes) }, decisionMs, admitting),
    questions: new AccessQuestions({ decider: questions, catalogue }),
    introspectToken: new IntrospectToken({
      decider: introspector,
      own: own && { issuer: own.name, accounts: store.accounts },
      clockSkewMs,
    }),
    watchedKeep: new WatchedKeep({ standings, clock, shadow }),
    clockSkewMs,
    decisionTimeoutMs: decisionMs,
    trustedProxies,
  };
}

/** Explains with what this instance knows, and counts, logs and notes nothing. */
function buildAdmin(
  { clockSkewMs }: Config,
  { revocationSet, clock }: SharedParts,
  callers: Decider,
  decider: Decider,
): AdminUseCases {
  const { revocations } = revocationSet;
  return {
    callers,
    explain: (request) =>
      explainRequest(request, { decider, revocations, status: revocationSet.status, clock, clockSkewMs }),
  };
}

/** Counts the passwords on routes, but not those of the token service, which always accepts them. */
function gatewayObserver({ events, basicUses }: SharedParts): DecisionObserver {
  if (basicUses === undefined) return events;
  return {
    decided: (request, decision, timing, beganMs) => {
      events.decided(request, decision, timing, beganMs);
      basicUses.note(request, decision);
    },
    failed: (error, request) => events.failed(error, request),
  };
}

function buildVerifier(
  config: Config,
  own: OwnIssuer | undefined,
  sharedParts: SharedParts,
  generation: number,
): CredentialVerifier {
  const { clock, standings, known, keySets, introspection, signers, pace } = sharedParts;
  const issuers = trustIssuers(config.issuers, sharedParts.own?.keys ?? new FixedKeys([]), keySets);
  const { clockSkewMs, limits } = config;
  const resourceAudiences = new Set(config.resources.flatMap(({ audience }) => audience));
  const shared = {
    cache: known,
    standings,
    clockSkewMs,
    maxTokenLength: limits.token,
    resourceAudiences,
    scopeLists: new ScopeLists(),
    keptClaims: keptClaims(config),
    signsIdentity: config.identity.token !== undefined,
    generation,
  };
  return new CredentialVerifier({
    bearer: new BearerVerifier({ ...shared, issuers, clock, signers, goOn: (work) => pace.goOn(work) }),
    keys: own && buildKeyVerifier(config, own, sharedParts, shared),
    opaque: introspection.verifier(config.issuers, shared),
    basic: own && buildBasicVerifier(own, sharedParts, generation),
  });
}

function buildKeyVerifier(
  { apiKeys: { prefix } }: Config,
  issuer: OwnIssuer,
  { store, unknownKeys: unknown, clock, known: cache, tracer }: SharedParts,
  shared: CredentialParts,
): CredentialVerifierParts['keys'] {
  if (prefix === undefined) return undefined;
  const records = tracedKeys(store.tokens, tracer);
  return { prefix, verifier: new ApiKeyVerifier({ ...shared, issuer, prefix, records, cache, unknown, clock }) };
}

function buildBasicVerifier({ name: issuer }: OwnIssuer, sharedParts: SharedParts, generation: number): BasicVerifier {
  const { store, standings, knownPasswords: cache, clock, tracer } = sharedParts;
  const credentials = checkOf(sharedParts);
  const accounts = tracedAccounts(store.accounts, tracer);
  const traced = tracedStandings(standings, tracer);
  return new BasicVerifier({ credentials, accounts, standings: traced, cache, clock, issuer, generation });
}
