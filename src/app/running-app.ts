import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblems } from '../config/reading/problems.ts';
import { IssuerNames, issuersGone } from '../config/reload/issuer-names.ts';
import { isSameSigning, isSameStore, restartKeys } from '../config/reload/restart-keys.ts';
import type { AdminDoor } from '../edge/admin/service.ts';
import type { ExtAuthzDoor } from '../edge/ext-authz/service.ts';
import type { TokenApiDoor } from '../edge/token-api/service.ts';
import type { Observation } from '../observe/observation.ts';
import type { ActiveConfig } from './active-config.ts';
import { buildActiveConfig } from './active-config.ts';
import { closeAll } from './opened-parts.ts';
import { reconfigureOwnKeys } from './own-signing.ts';
import { reconfigure } from './reconfigure.ts';
import type { SharedParts } from './shared-parts.ts';

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

interface RunningParts extends SharedParts {
  readonly observation: Observation;
  readonly admin: AdminDoor | undefined;
}

/** A configuration that can be taken up, or why it cannot. */
type Prepared =
  | {
      readonly outcome: 'prepared';
      readonly next: ActiveConfig;
      /** Keys that only a restart takes up. */
      readonly needRestart: readonly string[];
      /** Names of issuers that it no longer has. */
      readonly gone: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly why: string };

/** Holds the doors open, and exchanges what stands behind them when the configuration changes. */
export class RunningApp implements App {
  private readonly started: Config;
  private readonly parts: RunningParts;
  private readonly opened: (() => Promise<void>)[];
  private readonly issuerNames = new IssuerNames();
  private generation = 1;
  private current: ActiveConfig;
  private extAuthzDoor: ExtAuthzDoor | undefined;
  private tokensDoor: TokenApiDoor | undefined;

  constructor(config: Config, parts: RunningParts, opened: (() => Promise<void>)[]) {
    this.started = config;
    this.parts = parts;
    this.opened = opened;
    this.current = buildActiveConfig(config, parts, this.generation);
    this.reconfigure(config);
  }

  get extAuthz(): string | undefined {
    return this.extAuthzDoor?.address;
  }

  get tokens(): string | undefined {
    return this.tokensDoor?.address;
  }

  get admin(): string | undefined {
    return this.parts.admin?.address;
  }

  /** A door that is not configured is not even loaded. */
  async openDoors(): Promise<void> {
    const { listen } = this.started;
    const { events, audit, observation } = this.parts;
    const { health } = observation;
    this.opened.push(() => this.closeDoors());
    if (listen.extAuthz !== undefined) {
      const { openExtAuthz } = await import('../edge/ext-authz/service.ts');
      const failed = (error: unknown): void => events.failed(error);
      const parts = { gateway: () => this.current.gateway, failed, health, observer: events };
      this.extAuthzDoor = await openExtAuthz(listen.extAuthz, parts);
    }
    if (listen.tokens !== undefined) {
      const { openTokenApi } = await import('../edge/token-api/service.ts');
      const { consolePages } = await import('../edge/console/service.ts');
      const { errorReply } = await import('../edge/console/encode.ts');
      const services = () => this.tokenServices();
      this.tokensDoor = await openTokenApi(listen.tokens, {
        services,
        trustedProxies: () => this.current.config.trustedProxies,
        events,
        audit,
        errorPage: errorReply,
        pages: consolePages({ services, events, audit, clock: this.parts.clock }),
      });
    }
    health.ready();
    events.started({ extAuthz: this.extAuthz, tokens: this.tokens, admin: this.admin });
  }

  reload(loaded: Loaded): void {
    const { events, audit, observation } = this.parts;
    observation.reopenLogs();
    const prepared = this.prepare(loaded);
    if (prepared.outcome === 'refused') {
      events.reloadRefused(prepared.why);
      return;
    }
    const { next, needRestart, gone } = prepared;
    this.generation += 1;
    this.reconfigure(next.config);
    this.current = next;
    this.renewStore(next.config.store);
    if (gone.length > 0) events.issuersGone(gone);
    audit.configurationTakenUp();
    events.reloaded(needRestart);
  }

  stopReady(): number {
    const { delayMs } = this.current.config.shutdown;
    this.parts.observation.health.stopping();
    this.parts.events.stopping(delayMs);
    return delayMs;
  }

  async close(): Promise<void> {
    this.parts.observation.health.stopping();
    await closeAll(this.opened);
  }

  private async closeDoors(): Promise<void> {
    const { drainMs } = this.current.config.shutdown;
    await Promise.all([this.extAuthzDoor?.close(drainMs), this.tokensDoor?.close(drainMs)]);
  }

  /** Does everything that can fail, and changes nothing. */
  private prepare(loaded: Loaded): Prepared {
    if (!loaded.ok) return { outcome: 'refused', why: formatProblems(loaded.problems) };
    const { config } = loaded;
    try {
      if (!isSameSigning(this.started, config)) {
        return { outcome: 'refused', why: 'the signing issuer has changed, which needs a restart' };
      }
      const problem = this.issuerNames.problemWith(config.issuers);
      if (problem !== undefined) return { outcome: 'refused', why: problem };
      const next = buildActiveConfig(config, this.parts, this.generation + 1);
      const needRestart = restartKeys(this.started, config);
      const gone = issuersGone(this.current.config.issuers, config.issuers);
      // Last, because it opens a file.
      this.parts.observation.prepare(config);
      return { outcome: 'prepared', next, needRestart, gone };
    } catch (error) {
      return { outcome: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
  }

  private reconfigure(config: Config): void {
    const { parts, issuerNames } = this;
    const doors = { extAuthz: this.extAuthzDoor, tokens: this.tokensDoor, admin: parts.admin };
    const ownKeys = { reconfigure: (next: Config) => reconfigureOwnKeys(next, parts) };
    reconfigure({ ...parts, issuerNames, ownKeys, doors }, config);
  }

  /** The credentials may be others. Where they are not taken yet, the connections that stand go on, and it is said. */
  private renewStore(config: Config['store']): void {
    const { store, events } = this.parts;
    if (config.kind !== 'redis' || !isSameStore(this.started.store, config)) return;
    store.renew?.(config).catch((error: unknown) => events.storeNotRenewed(error));
  }

  private tokenServices(): NonNullable<ActiveConfig['tokens']> {
    const { tokens } = this.current;
    if (tokens === undefined) throw new Error('the token service is open without an issuer that signs');
    return tokens;
  }
}
