import type { Config } from '../../config/config.ts';
import { withRestartKeysOf } from '../../config/reload/restart-keys.ts';
import { removeDeadSocket } from '../../edge/listening.ts';
import { systemTimers } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { WorkerEvents } from '../../observe/events/worker-events.ts';
import type { Health } from '../../observe/health.ts';
import type { OtherMetrics } from '../../observe/metrics/metrics.ts';
import type { Sample } from '../../observe/metrics/samples.ts';
import type { WorkerState } from '../../observe/sources.ts';
import { encodeConfig } from './config-codec.ts';
import { Handoffs } from './handoffs.ts';
import { configOfWorker } from './worker-config.ts';
import { WorkerProcess } from './worker-process.ts';
import type { Generation } from './worker-slot.ts';
import { WorkerSlot } from './worker-slot.ts';

/** How long a worker may take to close its store and to send its spans, after its requests. */
const CLOSE_MS = 5_000;

export interface WorkersParts {
  /** How many; at least 2. */
  readonly count: number;
  /** Names this instance to receivers of telemetry. */
  readonly instanceId: string;
  readonly health: Pick<Health, 'ready' | 'interrupted'>;
  readonly workerEvents: WorkerEvents;
  /** Receives each line of the workers' logs. */
  readonly relay: (line: string) => void;
}

/** Whether every worker can take up a configuration. Until `apply` is called, nothing has changed. */
export type Agreement =
  | { readonly outcome: 'prepared'; readonly apply: () => void }
  | { readonly outcome: 'refused'; readonly why: string };

/**
 * The worker processes of this instance, which serve the door of Envoy. `node:cluster` accepts the connections in this
 * process, and each goes to the worker with the fewest. A worker that ends is replaced, and one that takes up no configuration too.
 */
export class Workers {
  private readonly started: Config;
  private readonly parts: WorkersParts;
  private readonly slots: readonly WorkerSlot[];
  private readonly handoffs = new Handoffs();
  private generation: Generation;
  private isReady = false;
  private isStopping = false;
  /** Of the door, as bound. */
  address = '';

  constructor(config: Config, parts: WorkersParts) {
    this.started = config;
    this.parts = parts;
    this.generation = { config: encodeConfig(configOfWorker(config)) };
    this.slots = Array.from({ length: parts.count }, (_, index) => this.createSlot(index + 1));
  }

  /** The other processes, for metrics. */
  get metrics(): OtherMetrics {
    return {
      gather: async (reader) => void (await Promise.all(this.slots.map((slot) => slot.collect(reader)))),
      samplesOf: (name) => this.samplesOf(name),
    };
  }

  statuses(): readonly WorkerState[] {
    return this.slots.map(({ state }) => state);
  }

  /** Starts all workers. Rejects if one cannot start: a fault that it has now, its replacements would have too. */
  async start(): Promise<void> {
    const { extAuthz } = this.started.listen;
    if (extAuthz !== undefined && 'path' in extAuthz.address) await removeDeadSocket(extAuthz.address.path);
    const starting = this.slots.map((slot, index) =>
      slot.start().catch((cause: unknown) => {
        throw new Error(`worker ${index + 1} cannot start: ${errorMessage(cause)}`, { cause });
      }),
    );
    [this.address = ''] = await Promise.all(starting);
  }

  /** The whole instance is ready: workers say so to health checks, and so do their replacements. */
  ready(): void {
    this.isReady = true;
    for (const slot of this.slots) slot.ready();
  }

  /** Workers report not ready from now on, and keep answering. */
  stopReady(): void {
    this.isStopping = true;
    for (const slot of this.slots) slot.stopReady();
  }

  /**
   * Has every worker build what a configuration decides. Refused if one refuses. One that does not respond does not hold
   * up the others: it is replaced when the configuration is taken up.
   */
  async prepare(config: Config): Promise<Agreement> {
    const encoded = encodeConfig(configOfWorker(withRestartKeysOf(this.started, config)));
    const preparations = await Promise.all(this.slots.map((slot) => slot.prepare(encoded)));
    for (const [index, preparation] of preparations.entries()) {
      if (preparation.outcome === 'refused')
        return { outcome: 'refused', why: `worker ${index + 1}: ${preparation.why}` };
    }
    const apply = (): void => {
      this.generation = { config: encoded };
      for (const preparation of preparations) {
        if (preparation.outcome === 'prepared') preparation.apply();
        if (preparation.outcome === 'gone') preparation.replace();
      }
    };
    return { outcome: 'prepared', apply };
  }

  /** Workers take up certificates with the rest of their configuration. */
  reconfigure(): void {}

  /** Lets pending requests finish, for at most `limitMs`. Resolves when every worker has ended. */
  async close(limitMs: number): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.slots.map((slot) => slot.close(limitMs + CLOSE_MS)));
  }

  private *samplesOf(name: string): Generator<readonly Sample[]> {
    for (const { values } of this.slots) yield* values.samplesOf(name);
  }

  private createSlot(worker: number): WorkerSlot {
    const { workerEvents: events, relay, instanceId } = this.parts;
    const { handoffs } = this;
    return new WorkerSlot({
      worker,
      events,
      timers: systemTimers,
      nowMs: () => performance.now(),
      relay,
      current: () => this.generation,
      isReady: () => this.isReady && !this.isStopping,
      startProcess: (parts) => new WorkerProcess({ ...parts, instanceId, handoffs }),
      changed: () => this.followServing(),
    });
  }

  /** The instance is not ready while no worker serves. */
  private followServing(): void {
    if (!this.isReady || this.isStopping) return;
    const { health } = this.parts;
    if (this.slots.some(({ isServing }) => isServing)) health.ready();
    else health.interrupted();
  }
}
