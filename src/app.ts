import type { DestinationStream } from 'pino';
import { Authorizer } from './authorizer.ts';
import type { Config, OwnIssuer } from './config/config.ts';
import type { Policy } from './core/authorize.ts';
import type { Clock, Decider } from './core/ports.ts';
import type { Route } from './core/route.ts';
import { RouteMap } from './core/route.ts';
import { UpstreamHeaderWriter } from './core/upstream-headers.ts';
import { tokenRoutes } from './edge/token-api/routes.ts';
import { BearerVerifier } from './jwt/bearer-verifier.ts';
import { KnownTokens } from './jwt/known-tokens.ts';
import { openOwnKeys } from './jwt/own-keys.ts';
import { TokenSigner } from './jwt/signer.ts';
import type { SigningKey } from './jwt/signing-keys.ts';
import { trustIssuers } from './jwt/trust.ts';
import { Events } from './observe/events.ts';
import { createLogger } from './observe/logger.ts';
import { Standings } from './revocation/standings.ts';
import { openStore } from './store/open.ts';
import { findNetworkFileSystem } from './store/sqlite/network-file-system.ts';
import type { Store } from './store/store.ts';
import { Accounts } from './tokens/accounts.ts';
import { BasicVerifier } from './tokens/basic-verifier.ts';
import { CredentialVerifier } from './tokens/credential-verifier.ts';
import { createFirstAccount } from './tokens/first-account.ts';
import { IssueToken } from './tokens/issue-token.ts';
import { Passwords } from './tokens/passwords.ts';
import { RevokeToken } from './tokens/revoke-token.ts';

/** Bounds of what is remembered: about 1 KB a token, 200 bytes an entry of the revocation set. */
const MAX_KNOWN_TOKENS = 100_000;
const MAX_STANDINGS = 500_000;
/** The token service's callers may wait for a password to be hashed; no gateway waits with them. */
const TOKEN_CALL_TIMEOUT_MS = 10_000;
/** The configuration is read once in a process's life. */
const GENERATION = 1;

/** What a process brings, and a test replaces. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly logDestination?: DestinationStream;
}

/** Sallyport, running. */
export interface App {
  /** Addresses as bound, of the doors that are open. */
  readonly extAuthz: string | undefined;
  readonly tokens: string | undefined;
  /** Closes the doors first, then what stands behind them. */
  close(): Promise<void>;
}

export const systemClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Builds everything from a configuration and opens the doors; rejects, with everything closed again, where a part fails. */
export async function startApp(config: Config, surroundings: Surroundings): Promise<App> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let part = opened.pop(); part !== undefined; part = opened.pop()) await part();
  };
  try {
    const events = new Events(createLogger(config.log.level, surroundings.logDestination));
    opened.push(async () => events.stopped());
    const doors = await openDoors(await build(config, surroundings, events, opened), opened);
    events.started(doors);
    return { ...doors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The parts between the doors and the store. */
interface Parts {
  readonly config: Config;
  readonly events: Events;
  readonly store: Store;
  readonly clock: Clock;
  readonly own: { readonly issuer: OwnIssuer; readonly key: SigningKey } | undefined;
  decider(routes: readonly Route[], limits: Limits): Decider;
}

/** How the token service's own calls are decided in another way than the gateway's requests. */
interface Limits {
  readonly basicUntilMs: number;
  readonly shadow: boolean;
  readonly decisionTimeoutMs: number;
}

async function build(
  config: Config,
  { env, clock = systemClock }: Surroundings,
  events: Events,
  opened: (() => Promise<void>)[],
): Promise<Parts> {
  const store = await openStore(config.store);
  opened.push(() => store.close());
  if (config.store.kind === 'sqlite') {
    const fileSystem = await findNetworkFileSystem(config.store.path);
    if (fileSystem !== undefined) events.storeOnNetworkFileSystem(config.store.path, fileSystem);
  }
  const standings = new Standings({
    store: store.revocations,
    clock,
    maxStalenessMs: config.revocation.maxStalenessMs,
    storeTimeoutMs: config.timeouts.storeMs,
    maxEntries: MAX_STANDINGS,
  });
  store.feed.follow(standings);

  const issuer = config.issuers.find((candidate) => candidate.kind === 'signing');
  const ownKeys = issuer === undefined ? [] : await openOwnKeys(issuer, config.store, store.signingKeys, clock);
  const passwords = new Passwords();
  if (issuer !== undefined) {
    const catalogue = new Set(config.scopes.keys());
    const accounts = new Accounts({ store: store.accounts, passwords, issuer: issuer.name, catalogue, clock });
    await createFirstAccount(accounts, env, events);
  }
  const known = new KnownTokens(MAX_KNOWN_TOKENS);
  const { clockSkewMs } = config;
  const issuers = trustIssuers(config.issuers, ownKeys, clock);
  const verifier = new CredentialVerifier(
    new BearerVerifier({ issuers, known, standings, clock, clockSkewMs, generation: GENERATION }),
    issuer && new BasicVerifier({ accounts: store.accounts, passwords, issuer: issuer.name, generation: GENERATION }),
  );
  const key = ownKeys.findLast(({ algorithm }) => algorithm === issuer?.signing.algorithm);
  return {
    config,
    events,
    store,
    clock,
    own: issuer && key && { issuer, key },
    decider: (routes, { decisionTimeoutMs, ...rest }) => {
      const policy: Policy = { generation: GENERATION, routes: new RouteMap(routes), ...rest };
      return new Authorizer({ policy, known, verifier, standings, clock, observer: events, decisionTimeoutMs });
    },
  };
}

async function openDoors(parts: Parts, opened: (() => Promise<void>)[]): Promise<Pick<App, 'extAuthz' | 'tokens'>> {
  const extAuthz = await openExtAuthzDoor(parts);
  if (extAuthz !== undefined) opened.push(() => extAuthz.close());
  const tokens = await openTokensDoor(parts);
  if (tokens !== undefined) opened.push(() => tokens.close());
  return { extAuthz: extAuthz?.address, tokens: tokens?.address };
}

async function openExtAuthzDoor({ config, events, decider }: Parts) {
  if (config.listen.extAuthz === undefined) return undefined;
  const { openExtAuthz } = await import('./edge/ext-authz/service.ts');
  return openExtAuthz(config.listen.extAuthz, {
    decider: decider(config.routes, {
      basicUntilMs: config.basic.sunsetMs,
      shadow: config.shadow,
      decisionTimeoutMs: config.timeouts.decisionMs,
    }),
    headers: new UpstreamHeaderWriter(config.identity.headers, config.identity.forwardCredential),
    failed: (error) => events.failed(error),
  });
}

async function openTokensDoor({ config, events, store, clock, own, decider }: Parts) {
  if (config.listen.tokens === undefined || own === undefined) return undefined;
  const { openTokenApi } = await import('./edge/token-api/service.ts');
  const { issuer, key } = own;
  const { accounts, tokens, revocations } = store;
  const signer = new TokenSigner(issuer, key);
  return openTokenApi(config.listen.tokens, {
    decider: decider(tokenRoutes(issuer.name), {
      basicUntilMs: Number.POSITIVE_INFINITY,
      shadow: false,
      decisionTimeoutMs: TOKEN_CALL_TIMEOUT_MS,
    }),
    issueToken: new IssueToken({ issuer, catalogue: config.scopes, accounts, tokens, signer, clock }),
    revokeToken: new RevokeToken({ issuer: issuer.name, tokens, revocations, clock, clockSkewMs: config.clockSkewMs }),
    events,
    trustedProxies: config.trustedProxies,
  });
}
