import type { DestinationStream } from 'pino';
import { Accounts } from '../accounts/accounts.ts';
import { createFirstAccount } from '../accounts/first-account.ts';
import type { Config } from '../config/config.ts';
import { isSameStore } from '../config/reload/restart-keys.ts';
import type { Clock } from '../core/ports.ts';
import type { AdminParts } from '../edge/admin/service.ts';
import { systemClock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import { Observation } from '../observe/observation.ts';
import { awaitStore } from '../store/open.ts';
import { guard } from './opened-parts.ts';
import { ownIssuer } from './own-signing.ts';
import type { App } from './running-app.ts';
import { RunningApp } from './running-app.ts';
import type { BaseParts } from './shared-parts.ts';
import { openParts, warnOfNetworkFileSystem, watchEndingTokens } from './shared-parts.ts';
import { keepGarbageYoung } from './warm-up/young-garbage.ts';

/** What comes from the process, and what a test replaces. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly logDestination?: DestinationStream;
  /** Reads the store section of the file again: its credentials may change while Sallyport waits for the store. */
  readonly readStore?: () => Config['store'] | undefined;
}

/** A start that failed. The log already has the reason. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Builds everything from a configuration and opens the doors. Waits, not ready, for a Redis that cannot be reached.
 * Rejects with everything closed again if a part fails: with {@link StartError} as soon as there is a log.
 */
export async function startApp(config: Config, environment: Environment): Promise<App> {
  const { clock = systemClock, logDestination } = environment;
  const observation = new Observation(config.log, { clock, destination: logDestination });
  try {
    return await build(config, environment, observation);
  } catch (error) {
    observation.events.notStarted(error);
    throw new StartError(errorMessage(error), { cause: error });
  }
}

function build(config: Config, environment: Environment, observation: Observation): Promise<App> {
  return guard(async (opened) => {
    const { env, clock = systemClock, readStore } = environment;
    opened.push(async () => observation.close());
    const running: { app?: RunningApp } = {};
    const admin = await openAdminDoor(config, observation, () => running.app?.adminUseCases, opened);
    loadDoors(config.listen);
    await warnOfNetworkFileSystem(config, observation.events);
    const { events } = observation;
    /** With the credentials that opened the store. */
    let access = config.store;
    const read = (): Config['store'] => {
      const store = readStore?.();
      access = store !== undefined && isSameStore(config.store, store) ? store : config.store;
      return access;
    };
    const store = await awaitStore(read, config.timeouts, (cause) => events.storeAwaited(cause));
    const prepare = (parts: BaseParts): Promise<void> => createOwnAccount(config, parts, env);
    const parts = await openParts(config, { observation, clock, store, opened, prepare });
    const issuer = ownIssuer(config);
    observation.sources.endingTokens = issuer && watchEndingTokens(issuer.name, parts, opened);
    const app = new RunningApp({ ...config, store: access }, { ...parts, observation, admin }, opened);
    await app.start();
    opened.push(keepGarbageYoung());
    running.app = app;
    return app;
  });
}

/** Loads the doors while the store opens. An error shows when the door opens. */
function loadDoors({ extAuthz, tokens, verify, access }: Config['listen']): void {
  const ignore = (): void => {};
  if (extAuthz !== undefined) {
    import('../edge/ext-authz/service.ts').then(({ loadTransport }) => loadTransport(extAuthz.transport)).catch(ignore);
  }
  if (tokens !== undefined) import('../edge/token-api/service.ts').catch(ignore);
  if (verify !== undefined) import('../edge/forward-auth/service.ts').catch(ignore);
  if (access !== undefined) import('../edge/access-api/service.ts').catch(ignore);
}

/** The first door to open and the last to close, so that it shows the start and the stop. */
async function openAdminDoor(
  { listen }: Config,
  observation: Observation,
  useCases: AdminParts['useCases'],
  opened: (() => Promise<void>)[],
) {
  if (listen.admin === undefined) return undefined;
  const { openAdmin } = await import('../edge/admin/service.ts');
  const { health, events } = observation;
  const door = await openAdmin(listen.admin, {
    health,
    events,
    components: () => observation.components(),
    measure: () => observation.measure(),
    useCases,
  });
  opened.push(() => door.close());
  return door;
}

async function createOwnAccount(
  config: Config,
  { store, revocationSet, passwords, clock, audit }: BaseParts,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const issuer = ownIssuer(config);
  if (issuer === undefined) return;
  const parts = { accounts: store.accounts, revocations: revocationSet.revocations };
  const accounts = new Accounts({
    store: parts,
    passwords,
    issuer: issuer.name,
    catalogue: config.scopes,
    clock,
    audit,
  });
  await createFirstAccount(accounts, env);
}
