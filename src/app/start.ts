import { randomBytes } from 'node:crypto';
import type { DestinationStream } from 'pino';
import { Accounts } from '../accounts/accounts.ts';
import { createFirstAccount } from '../accounts/first-account.ts';
import { GuessThrottle } from '../accounts/guesses/guess-throttle.ts';
import { KnownDevices } from '../accounts/guesses/known-devices.ts';
import { LOG_IN_HISTORY, LogInDigests } from '../accounts/guesses/log-in-digests.ts';
import { LogInHistory } from '../accounts/guesses/log-in-history.ts';
import { Passwords } from '../accounts/passwords/passwords.ts';
import type { Config } from '../config/config.ts';
import { isSameStore } from '../config/reload/restart-keys.ts';
import type { Clock } from '../core/ports.ts';
import { systemClock, systemTimers } from '../lib/clock.ts';
import type { Events } from '../observe/events.ts';
import { Observation } from '../observe/observation.ts';
import { UnrecordedBudget } from '../revocation/unrecorded-tokens.ts';
import { RevocationSet } from '../revocation-set/revocation-set.ts';
import { inOrder } from '../signing/key-life.ts';
import { OwnKeys } from '../signing/own-keys.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import { MemoryLogInHistory } from '../store/memory/log-in-history.ts';
import { awaitStore, openStore } from '../store/open.ts';
import { findNetworkFileSystem } from '../store/sqlite/database/network-file-system.ts';
import type { Store } from '../store/store.ts';
import { LastUses } from '../tokens/last-uses.ts';
import { BasicUseCounter } from '../verification/basic/basic-use-counter.ts';
import { PasswordCache } from '../verification/basic/password-cache.ts';
import { KeySets } from '../verification/key-sets/key-sets.ts';
import { Introspection } from '../verification/opaque/introspection.ts';
import { TokenCache } from '../verification/token-cache.ts';
import type { ActiveConfig, OwnSigning, SharedParts } from './active-config.ts';
import { buildActiveConfig, keyRingOf, ownIssuer } from './active-config.ts';
import type { App } from './running-app.ts';
import { closeAll, limitsOf, RunningApp } from './running-app.ts';

/** Bounds of what is remembered: about 1 KB a token, 200 bytes an entry of the revocation set. */
const MAX_KNOWN_TOKENS = 100_000;
const MAX_STANDINGS = 500_000;
const INSPECTION_TIMEOUT_MS = 10_000;

/** What a process brings, and a test replaces. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly logDestination?: DestinationStream;
  /** The store as the configuration file has it by now: while it is waited for, its credentials may change. */
  readonly readStore?: () => Config['store'] | undefined;
}

/** A start that failed, which the log has told already. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Builds everything from a configuration and opens the doors. Waits for a Redis that is not there, not ready meanwhile.
 * Rejects, with everything closed again, where a part fails: with {@link StartError} once there is a log that tells it.
 */
export async function startApp(config: Config, environment: Environment): Promise<App> {
  const { clock = systemClock, logDestination } = environment;
  const observation = new Observation(config.log, { clock, destination: logDestination });
  try {
    return await build(config, environment, observation);
  } catch (error) {
    observation.events.notStarted(error);
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function build(config: Config, environment: Environment, observation: Observation): Promise<App> {
  return guard(async (opened) => {
    const { env, clock = systemClock, readStore } = environment;
    opened.push(async () => observation.close());
    const admin = await openAdminDoor(config, observation, opened);
    await warnOfNetworkFileSystem(config, observation.events);
    const { events } = observation;
    const read = (): Config['store'] => {
      const store = readStore?.();
      return store !== undefined && isSameStore(config.store, store) ? store : config.store;
    };
    const store = await awaitStore(read, config.timeouts, (cause) => events.storeAwaited(cause));
    const parts = await openSharedParts(config, observation, clock, opened, store);
    await createOwnAccount(config, parts, env);
    const issuer = ownIssuer(config);
    const basicUses = issuer && writeUses(parts, opened);
    const own = await openOwnSigning(config, parts, 'make the first key');
    opened.push(async () => own?.keys.close());
    observation.sources.ownKeys = own?.keys;
    const logIns = boundLogIns(config, parts, own);
    const app = new RunningApp(config, { ...parts, ...logIns, own, basicUses, observation, admin }, opened);
    await app.openDoors();
    return app;
  });
}

/** What decides for the gateway, without a door: to ask one question and close. Makes no key and no account. */
export interface Inspection
  extends Pick<ActiveConfig, 'gateway' | 'verifier'>,
    Pick<SharedParts, 'store' | 'revocationSet'> {
  close(): Promise<void>;
}

/** Rejects, with everything closed again, where the store cannot be opened. Logs nothing. */
export async function openInspection(config: Config): Promise<Inspection> {
  return guard(async (opened) => {
    // Whoever asks once waits for what a running instance knows already.
    const patient = { ...config, timeouts: { decisionMs: INSPECTION_TIMEOUT_MS, storeMs: INSPECTION_TIMEOUT_MS } };
    const store = await leaveEpochs(await openStore(config.store, patient.timeouts, 'command'));
    const silence = { level: 'silent', passes: 0, audit: undefined } as const;
    const observation = new Observation(silence, { clock: systemClock, destination: { write: () => {} } });
    const parts = await openSharedParts(patient, observation, systemClock, opened, store);
    const own = await openOwnSigning(config, parts, 'only read');
    // One question leaves no trace: what it counts goes with this process.
    const logIns = boundLogIns(patient, { ...parts, store: { logInHistory: new MemoryLogInHistory() } }, own);
    const { gateway, verifier } = buildActiveConfig(patient, { ...parts, ...logIns, own, basicUses: undefined }, 1);
    const { revocationSet } = parts;
    return { gateway, verifier, store, revocationSet, close: () => closeAll(opened) };
  });
}

/** The store as it is for who only looks: where there is no epoch yet, none is made in it. */
async function leaveEpochs(store: Store): Promise<Store> {
  const records = await store.epochs.read().catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const isNew = store.epochs.missing === undefined && [...records.values()].every((record) => record === undefined);
  if (!isNew) return store;
  const { openMemoryStore } = await import('../store/memory/store.ts');
  return { ...store, epochs: openMemoryStore().epochs };
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

/** What stands before our own keys are opened and anything is counted. */
type BaseParts = Omit<SharedParts, 'own' | 'basicUses' | 'throttle' | 'devices'>;

async function openSharedParts(
  config: Config,
  { events, sources }: Observation,
  clock: Clock,
  opened: (() => Promise<void>)[],
  store: Store,
): Promise<BaseParts> {
  opened.push(() => store.close());
  if (store.warning !== undefined) events.storeWarned(store.warning);
  const parts = { store, clock, observer: events, limits: limitsOf(config), maxStandings: MAX_STANDINGS };
  const revocationSet = await RevocationSet.open(parts);
  const { standings } = revocationSet;
  opened.push(async () => revocationSet.end());
  const keySets = new KeySets({ clock, observer: events });
  opened.push(async () => keySets.close());
  const introspection = new Introspection({ clock, observer: events });
  opened.push(() => introspection.close());
  const known = new TokenCache(MAX_KNOWN_TOKENS);
  sources.standings = standings;
  sources.revocationSet = revocationSet;
  sources.knownTokens = known;
  sources.keySets = keySets;
  sources.introspection = introspection;
  const remembering = { known, knownPasswords: new PasswordCache(), unrecorded: new UnrecordedBudget(clock) };
  return {
    events,
    store,
    clock,
    revocationSet,
    standings,
    keySets,
    introspection,
    passwords: new Passwords(),
    ...remembering,
  };
}

/** Writes to the store, now and then, how accounts and their tokens are used. */
function writeUses({ store, known, clock, events }: BaseParts, opened: (() => Promise<void>)[]): BasicUseCounter {
  const { accounts, tokens, basicUses: uses } = store;
  const lastUses = new LastUses({ known, tokens, clock, failed: (error) => events.lastUsesFailed(error) });
  const basicUses = new BasicUseCounter({ accounts, uses, clock, failed: (error) => events.basicUsesFailed(error) });
  opened.push(
    () => lastUses.close(),
    () => basicUses.close(),
  );
  return basicUses;
}

/** Opens our own keys. Rejects where the store's cannot be opened, and `undefined` where there are none to read. */
async function openOwnSigning(
  config: Config,
  { store, clock, events: observer }: BaseParts,
  mode: 'make the first key' | 'only read',
): Promise<OwnSigning | undefined> {
  const issuer = ownIssuer(config);
  if (issuer === undefined) return undefined;
  const standing = inOrder((await store.signingKeys.read(issuer.name)).keys);
  if (standing.length === 0 && mode === 'only read') return undefined;
  const sealer = await openOwnSealer(issuer, config.store, store.signingKeys);
  const ring = keyRingOf(config, issuer, { store, clock, sealer });
  const read = { reconcile: async () => inOrder((await store.signingKeys.read(issuer.name)).keys) };
  const parts = { ring: mode === 'only read' ? read : ring, sealer, clock, timers: systemTimers, random: Math.random };
  const keys = new OwnKeys({ ...parts, observer });
  // Those that stand are taken as they are: the revocations that count against them may not be readable yet.
  keys.replaceKeys(standing.length > 0 ? standing : await ring.reconcile());
  return { keys, sealer };
}

/** What bounds guesses at passwords. Without our own keys there are no accounts, and any secret will do. */
function boundLogIns(
  { timeouts }: Config,
  { store, clock, events }: Pick<BaseParts, 'clock' | 'events'> & { readonly store: Pick<Store, 'logInHistory'> },
  own: OwnSigning | undefined,
): Pick<SharedParts, 'throttle' | 'devices'> {
  const digests = new LogInDigests(own?.sealer.deriveKey(LOG_IN_HISTORY) ?? randomBytes(32));
  const devices = new KnownDevices(digests, clock);
  const history = new LogInHistory({
    shared: store.logInHistory,
    local: new MemoryLogInHistory(),
    limitMs: timeouts.storeMs,
    failed: (error) => events.logInHistoryFailed(error),
  });
  return { devices, throttle: new GuessThrottle({ clock, digests, devices, history }) };
}

/** The first door to open and the last to close: it shows a start and a stop while they last. */
async function openAdminDoor({ listen }: Config, observation: Observation, opened: (() => Promise<void>)[]) {
  if (listen.admin === undefined) return undefined;
  const { openAdmin } = await import('../edge/admin/service.ts');
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
  { store, passwords, clock, events }: BaseParts,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const issuer = ownIssuer(config);
  if (issuer === undefined) return;
  const accounts = new Accounts({ store, passwords, issuer: issuer.name, catalogue: config.scopes, clock });
  await createFirstAccount(accounts, env, events);
}
