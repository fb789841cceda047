import type { DestinationStream } from 'pino';
import type { Config } from './config/config.ts';
import type { Loaded } from './config/load.ts';
import { formatProblems } from './config/problems.ts';
import { isSameSigning, restartKeys } from './config/restart.ts';
import type { Clock } from './core/ports.ts';
import type { ExtAuthzDoor } from './edge/ext-authz/service.ts';
import type { TokenApiDoor, TokenCalls } from './edge/token-api/service.ts';
import type { Foundation, Generation } from './generation.ts';
import { buildGeneration } from './generation.ts';
import { KeySets } from './jwt/key-sets.ts';
import { KnownTokens } from './jwt/known-tokens.ts';
import { openOwnKeys } from './jwt/own-keys.ts';
import { Events } from './observe/events.ts';
import { createLogger } from './observe/logger.ts';
import { Standings } from './revocation/standings.ts';
import { openStore } from './store/open.ts';
import { findNetworkFileSystem } from './store/sqlite/network-file-system.ts';
import { Accounts } from './tokens/accounts.ts';
import { createFirstAccount } from './tokens/first-account.ts';
import { Passwords } from './tokens/passwords.ts';

/** Bounds of what is remembered: about 1 KB a token, 200 bytes an entry of the revocation set. */
const MAX_KNOWN_TOKENS = 100_000;
const MAX_STANDINGS = 500_000;

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
  /** Takes up a configuration that was read again; where it is bad, the one in force stays, and that is said. */
  reload(loaded: Loaded): void;
  /** Says that it is not ready, while it goes on answering; returns for how many milliseconds it should. */
  stopReady(): number;
  /** Lets what runs finish, for at most the configured time; closes the doors first, then what stands behind them. */
  close(): Promise<void>;
}

export const systemClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Builds everything from a configuration and opens the doors; rejects, with everything closed again, where a part fails. */
export async function startApp(config: Config, surroundings: Surroundings): Promise<App> {
  const opened: (() => Promise<void>)[] = [];
  try {
    const foundation = await layFoundation(config, surroundings, opened);
    const app = new RunningApp(config, foundation, opened);
    await app.openDoors();
    return app;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  for (let part = opened.pop(); part !== undefined; part = opened.pop()) await part();
}

async function layFoundation(
  config: Config,
  { env, clock = systemClock, logDestination }: Surroundings,
  opened: (() => Promise<void>)[],
): Promise<Foundation> {
  const events = new Events(createLogger(config.log.level, logDestination));
  opened.push(async () => events.stopped());
  if (config.store.kind === 'sqlite') {
    const fileSystem = await findNetworkFileSystem(config.store.path);
    if (fileSystem !== undefined) events.storeOnNetworkFileSystem(config.store.path, fileSystem);
  }
  const store = await openStore(config.store);
  opened.push(() => store.close());
  const standings = new Standings({ store: store.revocations, clock, ...limitsOf(config), maxEntries: MAX_STANDINGS });
  store.feed.follow(standings);
  const issuer = config.issuers.find((candidate) => candidate.kind === 'signing');
  const ownKeys = issuer === undefined ? [] : await openOwnKeys(issuer, config.store, store.signingKeys, clock);
  const passwords = new Passwords();
  if (issuer !== undefined) {
    const catalogue = new Set(config.scopes.keys());
    const accounts = new Accounts({ store: store.accounts, passwords, issuer: issuer.name, catalogue, clock });
    await createFirstAccount(accounts, env, events);
  }
  const keySets = new KeySets({ clock, observer: events });
  opened.push(async () => keySets.close());
  return { events, store, clock, standings, known: new KnownTokens(MAX_KNOWN_TOKENS), keySets, passwords, ownKeys };
}

function limitsOf({ revocation, timeouts }: Config) {
  return { maxStalenessMs: revocation.maxStalenessMs, storeTimeoutMs: timeouts.storeMs };
}

class RunningApp implements App {
  private readonly started: Config;
  private readonly foundation: Foundation;
  private readonly opened: (() => Promise<void>)[];
  private generations = 1;
  private current: Generation;
  private extAuthzDoor: ExtAuthzDoor | undefined;
  private tokensDoor: TokenApiDoor | undefined;

  constructor(config: Config, foundation: Foundation, opened: (() => Promise<void>)[]) {
    this.started = config;
    this.foundation = foundation;
    this.opened = opened;
    this.current = buildGeneration(config, foundation, this.generations);
  }

  get extAuthz(): string | undefined {
    return this.extAuthzDoor?.address;
  }

  get tokens(): string | undefined {
    return this.tokensDoor?.address;
  }

  /** A door that is not configured is not even loaded. */
  async openDoors(): Promise<void> {
    const { listen } = this.started;
    const { events } = this.foundation;
    this.opened.push(() => this.closeDoors());
    if (listen.extAuthz !== undefined) {
      const { openExtAuthz } = await import('./edge/ext-authz/service.ts');
      const failed = (error: unknown): void => events.failed(error);
      this.extAuthzDoor = await openExtAuthz(listen.extAuthz, { gateway: () => this.current.gateway, failed });
    }
    if (listen.tokens !== undefined) {
      const { openTokenApi } = await import('./edge/token-api/service.ts');
      this.tokensDoor = await openTokenApi(listen.tokens, {
        calls: () => this.tokenCalls(),
        trustedProxies: () => this.current.config.trustedProxies,
        events,
      });
    }
    events.started({ extAuthz: this.extAuthz, tokens: this.tokens });
  }

  reload(loaded: Loaded): void {
    const { events } = this.foundation;
    if (!loaded.ok) {
      events.reloadRefused(formatProblems(loaded.problems));
      return;
    }
    if (!isSameSigning(this.started, loaded.config)) {
      events.reloadRefused('the signing issuer has changed, which needs a restart');
      return;
    }
    this.takeUp(loaded.config);
    events.reloaded(restartKeys(this.started, loaded.config));
  }

  stopReady(): number {
    const { delayMs } = this.current.config.shutdown;
    this.extAuthzDoor?.stopReady();
    this.foundation.events.stopping(delayMs);
    return delayMs;
  }

  async close(): Promise<void> {
    await closeAll(this.opened);
  }

  private async closeDoors(): Promise<void> {
    const { drainMs } = this.current.config.shutdown;
    await Promise.all([this.extAuthzDoor?.close(drainMs), this.tokensDoor?.close(drainMs)]);
  }

  /** Where it listens and stores stays as it was started; certificates are exchanged in place. */
  private takeUp(config: Config): void {
    const { foundation } = this;
    this.generations += 1;
    this.current = buildGeneration(config, foundation, this.generations);
    foundation.standings.limit(limitsOf(config));
    foundation.events.setLevel(config.log.level);
    foundation.keySets.keepOnly(config.issuers);
    const { extAuthz, tokens } = config.listen;
    if (extAuthz?.tls !== undefined) this.extAuthzDoor?.renewCertificate(extAuthz.tls);
    if (tokens?.tls !== undefined) this.tokensDoor?.renewCertificate(tokens.tls);
  }

  private tokenCalls(): TokenCalls {
    const { tokens } = this.current;
    if (tokens === undefined) throw new Error('the token service is open without an issuer that signs');
    return tokens;
  }
}
