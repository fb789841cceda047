import type { DestinationStream } from 'pino';
import type { Config } from './config/config.ts';
import type { Loaded } from './config/load.ts';
import { formatProblems } from './config/problems.ts';
import { isSameSigning, restartKeys } from './config/restart.ts';
import type { Clock } from './core/ports.ts';
import type { AdminDoor } from './edge/admin/service.ts';
import type { ExtAuthzDoor } from './edge/ext-authz/service.ts';
import type { TokenApiDoor, TokenCalls } from './edge/token-api/service.ts';
import type { Foundation, Generation } from './generation.ts';
import { buildGeneration, ownIssuer } from './generation.ts';
import { KeySets } from './jwt/key-sets.ts';
import { KnownTokens } from './jwt/known-tokens.ts';
import { openOwnKeys } from './jwt/own-keys.ts';
import type { Events } from './observe/events.ts';
import { Observation } from './observe/observation.ts';
import { Standings } from './revocation/standings.ts';
import { openStore } from './store/open.ts';
import { findNetworkFileSystem } from './store/sqlite/network-file-system.ts';
import { Accounts } from './tokens/accounts.ts';
import { createFirstAccount } from './tokens/first-account.ts';
import { Passwords } from './tokens/passwords.ts';

/** Bounds of what is remembered: about 1 KB a token, 200 bytes an entry of the revocation set. */
const MAX_KNOWN_TOKENS = 100_000;
const MAX_STANDINGS = 500_000;
const INSPECTION_TIMEOUT_MS = 10_000;

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
  readonly admin: string | undefined;
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
  return guard(async (opened) => {
    const { env, clock = systemClock, logDestination } = surroundings;
    const observation = new Observation(config.log, { clock, destination: logDestination });
    opened.push(async () => observation.close());
    const admin = await openAdminDoor(config, observation, opened);
    await warnOfNetworkFileSystem(config, observation.events);
    const parts = await layFoundation(config, observation, clock, opened);
    await createOwnAccount(config, parts, env);
    const issuer = ownIssuer(config);
    const ownKeys = issuer ? await openOwnKeys(issuer, config.store, parts.store.signingKeys, clock) : [];
    const app = new RunningApp(config, { ...parts, ownKeys, observation, admin }, opened);
    await app.openDoors();
    return app;
  });
}

/** What decides for the gateway, without a door: to ask one question and close. Makes no key and no account. */
export interface Inspection extends Pick<Generation, 'gateway'>, Pick<Foundation, 'store' | 'standings'> {
  close(): Promise<void>;
}

/** Rejects, with everything closed again, where the store cannot be opened. Logs nothing. */
export async function openInspection(config: Config): Promise<Inspection> {
  return guard(async (opened) => {
    // Whoever asks once waits for what a running instance knows already.
    const patient = { ...config, timeouts: { decisionMs: INSPECTION_TIMEOUT_MS, storeMs: INSPECTION_TIMEOUT_MS } };
    const silence = { level: 'silent', passes: 0, audit: undefined } as const;
    const observation = new Observation(silence, { clock: systemClock, destination: { write: () => {} } });
    const parts = await layFoundation(patient, observation, systemClock, opened);
    const issuer = ownIssuer(config);
    const { signingKeys } = parts.store;
    const hasKeys = issuer !== undefined && (await signingKeys.list(issuer.name)).length > 0;
    const ownKeys = hasKeys ? await openOwnKeys(issuer, config.store, signingKeys, systemClock) : [];
    const { gateway } = buildGeneration(patient, { ...parts, ownKeys }, 1);
    return { gateway, store: parts.store, standings: parts.standings, close: () => closeAll(opened) };
  });
}

/** What was opened is closed again where the rest fails. */
async function guard<Built>(build: (opened: (() => Promise<void>)[]) => Promise<Built>): Promise<Built> {
  const opened: (() => Promise<void>)[] = [];
  try {
    return await build(opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** The last one opened first. */
async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  for (let part = opened.pop(); part !== undefined; part = opened.pop()) await part();
}

async function layFoundation(
  config: Config,
  { events, sources }: Observation,
  clock: Clock,
  opened: (() => Promise<void>)[],
): Promise<Omit<Foundation, 'ownKeys'>> {
  const store = await openStore(config.store, config.timeouts);
  opened.push(() => store.close());
  const standings = new Standings({ store: store.revocations, clock, ...limitsOf(config), maxEntries: MAX_STANDINGS });
  store.feed.follow(standings);
  const keySets = new KeySets({ clock, observer: events });
  opened.push(async () => keySets.close());
  const known = new KnownTokens(MAX_KNOWN_TOKENS);
  sources.standings = standings;
  sources.knownTokens = known;
  sources.keySets = keySets;
  return { events, store, clock, standings, known, keySets, passwords: new Passwords() };
}

/** The first door to open and the last to close: it shows a start and a stop while they last. */
async function openAdminDoor({ listen }: Config, observation: Observation, opened: (() => Promise<void>)[]) {
  if (listen.admin === undefined) return undefined;
  const { openAdmin } = await import('./edge/admin/service.ts');
  const door = await openAdmin(listen.admin, observation);
  opened.push(() => door.close());
  return door;
}

async function warnOfNetworkFileSystem({ store }: Config, events: Events): Promise<void> {
  if (store.kind !== 'sqlite') return;
  const fileSystem = await findNetworkFileSystem(store.path);
  if (fileSystem !== undefined) events.storeOnNetworkFileSystem(store.path, fileSystem);
}

async function createOwnAccount(
  config: Config,
  { store, passwords, clock, events }: Omit<Foundation, 'ownKeys'>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const issuer = ownIssuer(config);
  if (issuer === undefined) return;
  const catalogue = new Set(config.scopes.keys());
  const accounts = new Accounts({ store: store.accounts, passwords, issuer: issuer.name, catalogue, clock });
  await createFirstAccount(accounts, env, events);
}

function limitsOf({ revocation, timeouts }: Config) {
  return { maxStalenessMs: revocation.maxStalenessMs, storeTimeoutMs: timeouts.storeMs };
}

interface RunningParts extends Foundation {
  readonly observation: Observation;
  readonly admin: AdminDoor | undefined;
}

class RunningApp implements App {
  private readonly started: Config;
  private readonly foundation: RunningParts;
  private readonly opened: (() => Promise<void>)[];
  private generations = 1;
  private current: Generation;
  private extAuthzDoor: ExtAuthzDoor | undefined;
  private tokensDoor: TokenApiDoor | undefined;

  constructor(config: Config, foundation: RunningParts, opened: (() => Promise<void>)[]) {
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

  get admin(): string | undefined {
    return this.foundation.admin?.address;
  }

  /** A door that is not configured is not even loaded. */
  async openDoors(): Promise<void> {
    const { listen } = this.started;
    const { events, observation } = this.foundation;
    const { health } = observation;
    this.opened.push(() => this.closeDoors());
    if (listen.extAuthz !== undefined) {
      const { openExtAuthz } = await import('./edge/ext-authz/service.ts');
      const failed = (error: unknown): void => events.failed(error);
      this.extAuthzDoor = await openExtAuthz(listen.extAuthz, { gateway: () => this.current.gateway, failed, health });
    }
    if (listen.tokens !== undefined) {
      const { openTokenApi } = await import('./edge/token-api/service.ts');
      this.tokensDoor = await openTokenApi(listen.tokens, {
        calls: () => this.tokenCalls(),
        trustedProxies: () => this.current.config.trustedProxies,
        events,
      });
    }
    health.ready();
    events.started({ extAuthz: this.extAuthz, tokens: this.tokens, admin: this.admin });
  }

  reload(loaded: Loaded): void {
    const { events, observation } = this.foundation;
    observation.reopenLogs();
    if (!loaded.ok) {
      events.reloadRefused(formatProblems(loaded.problems));
      return;
    }
    if (!isSameSigning(this.started, loaded.config)) {
      events.reloadRefused('the signing issuer has changed, which needs a restart');
      return;
    }
    try {
      observation.adopt(loaded.config.log);
    } catch (error) {
      events.reloadRefused(error instanceof Error ? error.message : String(error));
      return;
    }
    this.takeUp(loaded.config);
    events.reloaded(restartKeys(this.started, loaded.config));
  }

  stopReady(): number {
    const { delayMs } = this.current.config.shutdown;
    this.foundation.observation.health.stopping();
    this.foundation.events.stopping(delayMs);
    return delayMs;
  }

  async close(): Promise<void> {
    this.foundation.observation.health.stopping();
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
    foundation.keySets.keepOnly(config.issuers);
    const { extAuthz, tokens, admin } = config.listen;
    if (extAuthz?.tls !== undefined) this.extAuthzDoor?.renewCertificate(extAuthz.tls);
    if (tokens?.tls !== undefined) this.tokensDoor?.renewCertificate(tokens.tls);
    if (admin?.tls !== undefined) foundation.admin?.renewCertificate(admin.tls);
  }

  private tokenCalls(): TokenCalls {
    const { tokens } = this.current;
    if (tokens === undefined) throw new Error('the token service is open without an issuer that signs');
    return tokens;
  }
}
