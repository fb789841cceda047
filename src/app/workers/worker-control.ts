import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { MetricValues } from '../../observe/metrics/metric-values.ts';
import { readValues } from '../../observe/metrics/metric-values.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { EncodedConfig } from './config-codec.ts';
import { decodeConfig } from './config-codec.ts';
import type { FromWorker, Start, ToWorker } from './messages.ts';
import { troublesOf } from './troubles.ts';
import type { WorkerApp } from './worker-app.ts';
import { startWorkerApp } from './worker-app.ts';
import type { Agreement } from './workers.ts';

/** The time between two reports in milliseconds. It never grows: a worker that sends none counts as silent. */
const REPORT_MS = 1_000;
/** Reading the counts takes at most a two-hundredth of the time, unless it would then be done too rarely. */
const SHARE = 200;
const LONGEST_COUNTS_MS = 5_000;

/** The channel to the primary process. */
export interface Channel {
  /** @param written called once the message has left this process, or cannot. */
  send(message: FromWorker, written?: () => void): void;
  /** How many connections this process was handed since its start. */
  taken(): number;
  /** Ends this process once everything has been sent. */
  exit(code: number): void;
}

export interface WorkerControlParts {
  readonly channel: Channel;
  readonly timers: Timers;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** The work of a worker process: it does what the primary process says, and reports to it. */
export class WorkerControl {
  private readonly parts: WorkerControlParts;
  private readonly readers = new Map<number, Metrics>();
  private running: WorkerApp | undefined;
  private starting: Promise<void> = Promise.resolve();
  private prepared: Agreement | undefined;
  private isReady = false;
  private countsDueMs = 0;
  private isReporting = false;
  private hasLeft = false;

  constructor(parts: WorkerControlParts) {
    this.parts = parts;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        this.starting = this.start(message);
        return;
      case 'ready':
        this.isReady = true;
        this.running?.observation.health.ready();
        return;
      case 'prepare':
        void this.prepare(message.id, message.config);
        return;
      case 'apply':
        if (this.prepared?.outcome === 'prepared') this.prepared.apply();
        this.prepared = undefined;
        return;
      case 'collect':
        this.collect(message.id, message.reader);
        return;
      case 'stop ready':
        this.isReady = false;
        this.running?.observation.health.stopping();
        return;
      case 'close':
        void this.close();
    }
  }

  private async start({ worker, instanceId, config }: Start): Promise<void> {
    this.report();
    try {
      this.running = await startWorkerApp(decodeConfig(config), { worker, instanceId });
    } catch (error) {
      this.parts.channel.send({ kind: 'failed', message: errorMessage(error) });
      this.parts.channel.exit(1);
      return;
    }
    this.running.observation.transportEvents.onLeft = () => this.connectionLeft();
    if (this.isReady) this.running.observation.health.ready();
    this.tellConnections();
    this.parts.channel.send({ kind: 'started', address: this.running.app.addresses.extAuthz ?? '' });
  }

  /** The primary process asks for one configuration after another. */
  private async prepare(id: number, config: EncodedConfig): Promise<void> {
    const prepared = await this.running?.app.prepare(decodeConfig(config));
    this.prepared = prepared;
    const refused = prepared?.outcome === 'refused' ? { refused: prepared.why } : {};
    this.parts.channel.send({ kind: 'prepared', id, ...refused });
  }

  private collect(id: number, reader: number): void {
    const gauges = readValues(this.metricsFor(reader)?.all() ?? [], 'gauges');
    this.parts.channel.send({ kind: 'collected', id, counts: this.counts(), gauges });
  }

  /** Reports now, and from now on. Reports do not pile up while the primary process is stopped. */
  private report(): void {
    if (!this.isReporting) {
      this.reportOnce();
      this.tellConnections();
    }
    this.parts.timers.after(REPORT_MS, () => this.report());
  }

  /** Many may leave at the same moment. The primary process learns it before their clients do, who connect again at once. */
  private connectionLeft(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    process.nextTick(() => {
      this.hasLeft = false;
      this.tellConnections();
    });
  }

  private tellConnections(): void {
    const { channel } = this.parts;
    const staying = this.running?.observation.transportEvents.staying;
    if (staying !== undefined) channel.send({ kind: 'connections', taken: channel.taken(), staying });
  }

  private reportOnce(): void {
    const { channel, clock } = this.parts;
    const beganMs = clock.monotonicMs();
    const troubles = this.running === undefined ? [] : troublesOf(this.running.observation.components());
    const counts = beganMs >= this.countsDueMs ? this.counts() : undefined;
    this.isReporting = true;
    channel.send({ kind: 'report', counts, troubles }, () => void (this.isReporting = false));
    if (counts === undefined) return;
    const tookMs = clock.monotonicMs() - beganMs;
    this.countsDueMs = beganMs + Math.min(tookMs * SHARE, LONGEST_COUNTS_MS);
  }

  private async close(): Promise<void> {
    await this.starting;
    // The primary process logs a failure to close as an end with another code.
    const code = await (this.running?.app.close() ?? Promise.resolve()).then(
      () => 0,
      () => 1,
    );
    this.parts.channel.send({ kind: 'report', counts: this.counts(), troubles: [] });
    this.parts.channel.exit(code);
  }

  private counts(): MetricValues {
    return readValues(this.metricsFor(0)?.all() ?? [], 'counts');
  }

  /** One set for each reader, because some metrics cover the time since their last read. */
  private metricsFor(reader: number): Metrics | undefined {
    const existing = this.readers.get(reader);
    if (existing !== undefined || this.running === undefined) return existing;
    const metrics = this.running.observation.measure();
    this.readers.set(reader, metrics);
    return metrics;
  }
}
