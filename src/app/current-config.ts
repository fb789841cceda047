import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblems } from '../config/reading/problems.ts';
import { IssuerNames, issuersGone } from '../config/reload/issuer-names.ts';
import { isSameSigning, isSameStore, restartKeys } from '../config/reload/restart-keys.ts';
import type { Timers } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Observation } from '../observe/observation.ts';
import type { ActiveConfig } from './active-config.ts';
import { buildActiveConfig } from './active-config.ts';
import { reconfigureOwnKeys } from './own-signing.ts';
import type { ReconfiguredParts } from './reconfigure.ts';
import { reconfigure } from './reconfigure.ts';
import type { SharedParts } from './shared-parts.ts';
import type { Workers } from './workers/workers.ts';

/** Time until a configuration is tried again whose credentials the store refused, in milliseconds. */
const RETRY_MS = 5_000;

export interface CurrentConfigParts extends SharedParts {
  readonly observation: Observation;
  readonly timers: Timers;
  /** The open doors. */
  readonly doors: ReconfiguredParts['doors'];
  /** The worker processes, which take up a configuration together with this one; `undefined` if there are none. */
  readonly workers?: () => Pick<Workers, 'prepare'> | undefined;
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
      /** Has the workers take it up. */
      readonly applyToWorkers: () => void;
    }
  | { readonly outcome: 'refused' | 'refused by the store'; readonly why: string };

type ReadyConfig = Extract<Prepared, { readonly outcome: 'prepared' }>;

/** The configuration in force, which a reload replaces: whole, or not at all. */
export class CurrentConfig {
  /** What decides now. */
  active: ActiveConfig;
  private readonly started: Config;
  private readonly parts: CurrentConfigParts;
  private readonly issuerNames = new IssuerNames();
  private generation = 1;
  /** The configuration that was requested last. */
  private latest: Loaded | undefined;
  private reloading: Promise<void> = Promise.resolve();
  private cancelRetry: () => void = () => undefined;
  private closed = false;

  constructor(config: Config, parts: CurrentConfigParts) {
    this.started = config;
    this.parts = parts;
    this.active = buildActiveConfig(config, parts, this.generation);
    this.reconfigure(config);
  }

  /**
   * Takes up a configuration; if it cannot, the one in force stays and the log says why. Reloads run one after another.
   * While the store refuses its credentials, the configuration is tried again, until a later one is requested.
   */
  reload(loaded: Loaded): Promise<void> {
    this.parts.observation.reopenLogs();
    return this.enqueue(loaded);
  }

  /** Takes up no configuration from now on. */
  close(): void {
    this.closed = true;
    this.cancelRetry();
  }

  /** @param logged the reason that the log already has. */
  private enqueue(loaded: Loaded, logged?: string): Promise<void> {
    this.cancelRetry();
    this.latest = loaded;
    this.reloading = this.reloading.then(() => this.reloadOnce(loaded, logged));
    return this.reloading;
  }

  private async reloadOnce(loaded: Loaded, logged: string | undefined): Promise<void> {
    const prepared = await this.prepareWithStore(loaded);
    if (this.closed) return;
    if (prepared.outcome === 'prepared') {
      this.apply(prepared);
      this.announce(prepared);
      return;
    }
    const { outcome, why } = prepared;
    if (why !== logged) this.parts.events.reloadRefused(why);
    if (outcome === 'refused by the store' && this.latest === loaded) {
      this.cancelRetry = this.parts.timers.after(RETRY_MS, () => void this.enqueue(loaded, why));
    }
  }

  /** Does everything that can fail in this process and in its workers, and changes nothing. Never rejects. */
  async prepare(config: Config): Promise<Prepared> {
    try {
      const problem = this.problemWith(config);
      if (problem !== undefined) return { outcome: 'refused', why: problem };
      if (this.closed) return { outcome: 'refused', why: 'Sallyport is stopping' };
      const next = buildActiveConfig(config, this.parts, this.generation + 1);
      const needRestart = restartKeys(this.started, config);
      const gone = issuersGone(this.active.config.issuers, config.issuers);
      // Late, because it opens a file.
      await this.parts.observation.prepare(config);
      const agreement = await this.parts.workers?.()?.prepare(config);
      if (agreement?.outcome === 'refused') return agreement;
      return { outcome: 'prepared', next, needRestart, gone, applyToWorkers: agreement?.apply ?? (() => undefined) };
    } catch (error) {
      return { outcome: 'refused', why: errorMessage(error) };
    }
  }

  /** Puts into force what {@link prepare} resolved to last. */
  apply({ next, applyToWorkers }: ReadyConfig): void {
    this.generation += 1;
    this.reconfigure(next.config);
    this.active = next;
    applyToWorkers();
  }

  private async prepareWithStore(loaded: Loaded): Promise<Prepared> {
    if (!loaded.ok) return { outcome: 'refused', why: formatProblems(loaded.problems) };
    const { config } = loaded;
    try {
      const problem = this.problemWith(config);
      if (problem !== undefined) return { outcome: 'refused', why: problem };
      const refusal = await this.storeRefusal(config.store);
      return refusal === undefined ? await this.prepare(config) : { outcome: 'refused by the store', why: refusal };
    } catch (error) {
      return { outcome: 'refused', why: errorMessage(error) };
    }
  }

  /** What in a configuration a reload cannot take up at all. */
  private problemWith(config: Config): string | undefined {
    return isSameSigning(this.started, config)
      ? this.issuerNames.problemWith(config.issuers)
      : 'the signing issuer has changed, which needs a restart; where only the secret of sealWith has, put it back, or see sallyport keys reseal';
  }

  private announce({ needRestart, gone }: ReadyConfig): void {
    const { events, audit } = this.parts;
    if (gone.length > 0) events.issuersGone(gone);
    audit.configurationTakenUp();
    events.reloaded(needRestart);
  }

  private reconfigure(config: Config): void {
    const { parts, issuerNames } = this;
    const store = { reconfigure: (next: Config['store']) => this.reconfigureStore(next) };
    const ownKeys = { reconfigure: (next: Config) => reconfigureOwnKeys(next, parts) };
    reconfigure({ ...parts, issuerNames, store, ownKeys }, config);
  }

  /** Returns why the store refuses the credentials of this configuration; `undefined` if it accepts them or is not checked. */
  private async storeRefusal(config: Config['store']): Promise<string | undefined> {
    if (config.kind !== 'redis' || !isSameStore(this.started.store, config)) return undefined;
    const { store } = this.parts;
    try {
      await store.checkAccess?.(config);
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }

  /** A connection that refuses the credentials stays open with the former ones, and the log says so. */
  private reconfigureStore(config: Config['store']): void {
    if (config.kind !== 'redis' || !isSameStore(this.started.store, config)) return;
    const { store, events } = this.parts;
    store.reconfigure?.(config).catch((error: unknown) => events.storeNotRenewed(error));
  }
}
