import type { FastifyPluginAsync } from 'fastify';
import type { Config, ExtAuthzListener, Listener } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import type { AdminDoor } from '../edge/admin/service.ts';
import type { AdminUseCases } from '../edge/admin/use-cases.ts';
import type { ExtAuthzDoor } from '../edge/ext-authz/door.ts';
import type { VerifyDoor } from '../edge/forward-auth/service.ts';
import type { TokenApiDoor } from '../edge/token-api/service.ts';
import { systemTimers } from '../lib/clock.ts';
import type { Observation } from '../observe/observation.ts';
import type { ActiveConfig } from './active-config.ts';
import { CurrentConfig } from './current-config.ts';
import { closeAll } from './opened-parts.ts';
import type { DoorKey } from './reconfigure.ts';
import { DOOR_KEYS } from './reconfigure.ts';
import type { SharedParts } from './shared-parts.ts';
import type { WarmDoor } from './warm-up/warm-up.ts';
import { warmUp } from './warm-up/warm-up.ts';
import { workerCount } from './workers/worker-count.ts';
import type { Agreement, Workers } from './workers/workers.ts';

/** Sallyport, running. */
export interface App {
  /** The addresses as bound; `undefined` for a door that is closed. */
  readonly addresses: Readonly<Record<DoorKey, string | undefined>>;
  /** Takes up a configuration that was read again; if it cannot, the one in force stays and the log says why. */
  reload(loaded: Loaded): Promise<void>;
  /** Reports not ready while requests are still answered; returns for how many milliseconds to do so. */
  stopReady(): number;
  /** Lets pending requests finish, for at most the configured time; closes the doors first, then the parts that they use. */
  close(): Promise<void>;
}

interface RunningParts extends SharedParts {
  readonly observation: Observation;
  readonly admin: AdminDoor | undefined;
}

/** An open door, which stays open while a reload replaces the configuration that it uses. */
interface Door {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  reconfigure(listener: Listener): void;
  /** Lets pending requests finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

type Doors = Record<DoorKey, Door | undefined>;

/** Opens the doors, reloads, and stops. */
export class RunningApp implements App {
  private readonly listeners: Config['listen'];
  private readonly parts: RunningParts;
  private readonly opened: (() => Promise<void>)[];
  private readonly doors: Doors;
  private readonly current: CurrentConfig;
  /** Have Envoy's door; `undefined` if this process has it. */
  private workers: Workers | undefined;

  constructor(config: Config, parts: RunningParts, opened: (() => Promise<void>)[]) {
    this.listeners = config.listen;
    this.parts = parts;
    this.opened = opened;
    const { admin } = parts;
    this.doors = { extAuthz: undefined, tokens: undefined, verify: undefined, access: undefined, admin };
    const workers = (): Workers | undefined => this.workers;
    this.current = new CurrentConfig(config, { ...parts, timers: systemTimers, doors: this.doors, workers });
  }

  get addresses(): App['addresses'] {
    const { extAuthz, tokens, verify, access, admin } = this.doors;
    return {
      extAuthz: extAuthz?.address,
      tokens: tokens?.address,
      verify: verify?.address,
      access: access?.address,
      admin: admin?.address,
    };
  }

  /** What the active configuration provides for `POST /explain`. */
  get adminUseCases(): AdminUseCases {
    return this.current.active.admin;
  }

  /** Opens the doors, and has workers open Envoy's if there are to be any. Ready once everything is warm. */
  async start(): Promise<void> {
    const { events, observation } = this.parts;
    const count = this.listeners.extAuthz === undefined ? 1 : workerCount(this.current.active.config);
    const workers = count > 1 ? await this.createWorkers(count) : undefined;
    // At the same time as this process, which has as much to load.
    const serving = workers?.start();
    serving?.catch(() => undefined);
    await this.openDoors();
    await serving;
    observation.health.ready();
    workers?.ready();
    events.started(this.addresses, workers && count);
  }

  /**
   * Loads only the doors that are configured, and opens those that no worker has. Resolves once everything is warm.
   *
   * @param order whether to be warm before a door listens too: the replacement of a worker gets connections at once.
   */
  async openDoors(order: 'open first' | 'warm first' = 'open first'): Promise<void> {
    const { extAuthz, tokens, verify, access } = this.listeners;
    this.opened.push(() => this.closeDoors());
    if (order === 'warm first') await this.warmUp([]);
    const warm = extAuthz === undefined || this.workers !== undefined ? [] : [await this.openExtAuthz(extAuthz)];
    if (tokens !== undefined) this.doors.tokens = await this.openTokens(tokens);
    if (verify !== undefined) this.doors.verify = await this.openVerify(verify);
    if (access !== undefined) this.doors.access = await this.openAccessApi(access);
    await this.warmUp(warm);
  }

  reload(loaded: Loaded): Promise<void> {
    return this.current.reload(loaded);
  }

  /** Builds what a configuration decides, and changes nothing until `apply`. Never rejects. */
  async prepare(config: Config): Promise<Agreement> {
    const prepared = await this.current.prepare(config);
    if (prepared.outcome !== 'prepared') return { outcome: 'refused', why: prepared.why };
    return { outcome: 'prepared', apply: () => this.current.apply(prepared) };
  }

  stopReady(): number {
    const { delayMs } = this.current.active.config.shutdown;
    this.parts.observation.health.stopping();
    this.workers?.stopReady();
    this.parts.events.stopping(delayMs);
    return delayMs;
  }

  async close(): Promise<void> {
    this.parts.observation.health.stopping();
    this.current.close();
    await closeAll(this.opened);
  }

  /** So that an instance that has just become ready decides its first request as fast as any other. */
  private async warmUp(doors: readonly WarmDoor[]): Promise<void> {
    const { clock, revocationSet, standings, own } = this.parts;
    const { config, gateway } = this.current.active;
    const { revocations } = revocationSet;
    await warmUp({ config, gateway, clock, revocations, standings, ownAlgorithm: own?.keys.algorithm, doors });
  }

  private async openExtAuthz(listener: ExtAuthzListener): Promise<ExtAuthzDoor> {
    const { events, observation } = this.parts;
    const { openExtAuthz } = await import('../edge/ext-authz/service.ts');
    const door = await openExtAuthz(listener, {
      gateway: () => this.current.active.gateway,
      failed: (error) => events.failed(error),
      health: observation.health,
      observer: events,
      transport: observation.transportEvents,
    });
    this.doors.extAuthz = door;
    return door;
  }

  private async createWorkers(count: number): Promise<Workers> {
    const { health, workerEvents, sources, instanceId } = this.parts.observation;
    const { Workers } = await import('./workers/workers.ts');
    const relay = (line: string): void => this.parts.observation.relay(line);
    const workers = new Workers(this.current.active.config, { count, instanceId, health, workerEvents, relay });
    this.workers = workers;
    this.doors.extAuthz = workers;
    sources.workers = workers;
    return workers;
  }

  /** Without an issuer of our own there are no tokens to serve, but the metadata of resources. A reload changes neither. */
  private async openTokens(listener: Listener): Promise<Door> {
    const { resourceMetadata, openResourceMetadata } = await import('../edge/resource-metadata/service.ts');
    const resources = () => this.current.active.config.resources;
    const trustedProxies = () => this.current.active.config.trustedProxies;
    if (this.current.active.tokens !== undefined) return this.openTokenApi(listener, resourceMetadata(resources));
    return openResourceMetadata(listener, { resources, trustedProxies, observer: this.parts.events });
  }

  private async openTokenApi(listener: Listener, metadata: FastifyPluginAsync): Promise<TokenApiDoor> {
    const { events, audit, clock } = this.parts;
    const { openTokenApi } = await import('../edge/token-api/service.ts');
    const { consolePages } = await import('../edge/console/service.ts');
    const { errorReply } = await import('../edge/console/encode.ts');
    const services = () => this.useCases();
    const consoleObserver = {
      callFailed: (call: string, error: unknown) => events.callFailed(call, error),
      foreignFormRefused: (client: string, form: string) => audit.foreignFormRefused(client, form),
    };
    return openTokenApi(listener, {
      services,
      trustedProxies: () => this.current.active.config.trustedProxies,
      observer: events,
      errorPage: errorReply,
      pages: [consolePages({ services, observer: consoleObserver, clock }), metadata],
    });
  }

  private async openVerify(listener: Listener): Promise<VerifyDoor> {
    const { events } = this.parts;
    const { openVerify } = await import('../edge/forward-auth/service.ts');
    const { authzenCalls } = await import('../edge/authzen/service.ts');
    const { provesCaller } = await import('../edge/callers.ts');
    const failed = (error: unknown): void => events.failed(error);
    return openVerify(listener, {
      gateway: () => this.current.active.gateway,
      failed,
      observer: events,
      clock: this.parts.clock,
      calls: authzenCalls({
        useCases: () => this.current.active.authzen,
        isProven: provesCaller(listener),
        failed,
        observer: events,
      }),
    });
  }

  private async openAccessApi(listener: Listener): Promise<Door> {
    const { events: observer, observation, watches } = this.parts;
    const { openAccessApi } = await import('../edge/access-api/service.ts');
    return openAccessApi(listener, {
      useCases: () => this.current.active.access,
      watches,
      health: observation.health,
      observer,
    });
  }

  private async closeDoors(): Promise<void> {
    const { drainMs } = this.current.active.config.shutdown;
    // The admin door shows the stop, so it closes last.
    const closing = DOOR_KEYS.filter((door) => door !== 'admin');
    await Promise.all(closing.map(async (door) => this.doors[door]?.close(drainMs)));
  }

  private useCases(): NonNullable<ActiveConfig['tokens']> {
    const { tokens } = this.current.active;
    if (tokens === undefined) throw new Error('the token service is open without an issuer that signs');
    return tokens;
  }
}
