import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import type { Components, ComponentsParts } from './components.ts';
import { describeComponents } from './components.ts';
import { factsOf } from './config-facts.ts';
import { ConfigStatus } from './config-status.ts';
import { DecisionPointEvents } from './events/decision-point-events.ts';
import { DoorEvents } from './events/door-events.ts';
import type { EventsParts } from './events/events.ts';
import { Events } from './events/events.ts';
import { IssuerEvents } from './events/issuer-events.ts';
import { RevocationEvents } from './events/revocation-events.ts';
import { TransportEvents } from './events/transport-events.ts';
import { WorkerEvents } from './events/worker-events.ts';
import { Failures } from './failures.ts';
import { Forwarding } from './forwarding.ts';
import { Health } from './health.ts';
import { DecisionLog } from './log/decision-log.ts';
import { LogInLog } from './log/log-in-log.ts';
import type { DestinationStream, Logger } from './log/logger.ts';
import { Logs } from './log/logs.ts';
import { Repeats } from './log/repeats.ts';
import { DecisionCells } from './metrics/decision-cells.ts';
import { DecisionDurations } from './metrics/decision-durations.ts';
import { KeptPasses } from './metrics/kept-passes.ts';
import { Metrics } from './metrics/metrics.ts';
import type { OwnMetricsParts } from './metrics/own-metrics.ts';
import { addOwnMetrics } from './metrics/own-metrics.ts';
import { addProcessMetrics } from './metrics/process-metrics.ts';
import type { Sources } from './sources.ts';
import { reportExportFailures } from './telemetry/export-failures.ts';
import { TelemetrySender } from './telemetry/telemetry.ts';
import { TracedDecisionLog } from './tracing/traced-decision-log.ts';
import { Tracing } from './tracing/tracing.ts';

export interface ObservationParts {
  readonly clock: Clock;
  /** In place of the standard output. */
  readonly destination?: DestinationStream | undefined;
  /** The number of the worker that this process is; `undefined` in the primary process. Every line of its logs has it. */
  readonly worker?: number | undefined;
  /** Names this instance to receivers of telemetry; in a worker, the one of the primary process. By default a new one. */
  readonly instanceId?: string;
}

/** Logs, metrics and health of a process, built once. */
export class Observation {
  readonly health = new Health();
  readonly events: Events;
  /** Events of issuers' key sets and introspection endpoints. */
  readonly issuerEvents: IssuerEvents;
  /** Events of the revocation set and its feed. */
  readonly revocationEvents: RevocationEvents;
  /** Events of policy decision points. */
  readonly decisionPointEvents: DecisionPointEvents;
  /** Events of the processes that decide for this one. */
  readonly workerEvents: WorkerEvents;
  /** Events of the connections of the fast transport. */
  readonly transportEvents: TransportEvents;
  /** Where audit records go. */
  readonly auditOutput: Pick<Logger, 'info' | 'warn'>;
  /** Limits repeated lines in the logs. */
  readonly repeats = new Repeats();
  /** Filled in when the parts are built, and again when a reload replaces one. */
  readonly sources: Sources = {
    tokenCache: undefined,
    standings: undefined,
    revocationSet: undefined,
    watches: undefined,
    keySets: undefined,
    ownKeys: undefined,
    introspection: undefined,
    decisionPoints: undefined,
    endingTokens: undefined,
    workers: undefined,
  };
  readonly tracing: Tracing;
  /** Sends nothing until it is configured. */
  readonly telemetry: TelemetrySender;
  readonly instanceId: string;
  private readonly parts: EventsParts & OwnMetricsParts & ComponentsParts;
  private readonly isWorker: boolean;
  private readonly endMeasuring: (() => void)[] = [];

  /** Throws if the audit log's file cannot be opened. */
  constructor(log: Config['log'], { clock, destination, worker, instanceId = randomUUID() }: ObservationParts) {
    this.isWorker = worker !== undefined;
    this.instanceId = instanceId;
    this.tracing = new Tracing({ clock });
    const own = worker === undefined ? {} : { worker };
    const logs = new Logs(log, destination, () => ({ ...own, ...this.tracing.current }));
    this.transportEvents = new TransportEvents(logs.app, this.repeats);
    const decisionLog = new DecisionLog({ log: logs.decision, clock, passes: log.passes });
    this.parts = {
      clock,
      tracedLog: new TracedDecisionLog(decisionLog, this.tracing),
      logs,
      decisionLog,
      cells: new DecisionCells(),
      durations: new DecisionDurations(),
      failures: new Failures(clock),
      doors: new DoorEvents(logs.app, this.repeats),
      forwarding: new Forwarding(),
      repeats: this.repeats,
      logIns: new LogInLog({ audit: logs.audit, clock }),
      configStatus: new ConfigStatus(clock),
      keptPasses: new KeptPasses(),
      sources: this.sources,
      health: this.health,
      transport: this.transportEvents,
    };
    this.events = new Events(this.parts);
    this.issuerEvents = new IssuerEvents(logs.app);
    this.revocationEvents = new RevocationEvents(logs.app, this.repeats);
    this.decisionPointEvents = new DecisionPointEvents(logs.app);
    this.workerEvents = new WorkerEvents(logs.app);
    this.auditOutput = logs.audit;
    let metrics: Metrics | undefined;
    this.telemetry = new TelemetrySender({
      instanceId,
      worker,
      tracing: this.tracing,
      copyLines: (copy) => logs.copyTo(copy),
      metrics: () => (metrics ??= this.measure()),
      failed: reportExportFailures(this.parts),
    });
  }

  /**
   * Loads what the next configuration sends, and opens its `log.audit`. Rejects and changes nothing if one of them
   * fails.
   */
  async prepare(config: Pick<Config, 'log' | 'telemetry' | 'store'>): Promise<void> {
    await this.telemetry.prepare(config);
    this.parts.logs.prepare(config.log);
  }

  /** Puts the configuration that {@link prepare} was called with into force, and shows it in metrics. */
  reconfigure(config: Config): void {
    this.parts.configStatus.facts = factsOf(config);
    this.parts.logs.reconfigure(config.log);
    this.parts.decisionLog.reconfigure(config);
    this.telemetry.reconfigure();
  }

  /** Opens a new audit log after its file was moved away. If that fails, keeps the former file and logs the failure. */
  reopenLogs(): void {
    try {
      this.parts.logs.reopen();
    } catch (error) {
      this.events.reopenFailed(error);
    }
  }

  /** Returns all metrics, and starts to measure the event loop for one reader, since it reads what is new to it. */
  measure(): Metrics {
    const metrics = new Metrics(this.endMeasuring.length, () => this.sources.workers?.metrics);
    addOwnMetrics(metrics, this.parts);
    this.endMeasuring.push(addProcessMetrics(metrics));
    return metrics;
  }

  /** Writes a line of a worker's log. */
  relay(line: string): void {
    this.parts.logs.relay(line);
  }

  /** Returns the current state of the parts. */
  components(): Components {
    return describeComponents(this.parts);
  }

  /** Logs the lines that are still due, and that the process stops. */
  close(): void {
    for (const end of this.endMeasuring) end();
    this.parts.decisionLog.close();
    this.parts.repeats.close();
    this.parts.logIns.close();
    if (this.health.state !== 'starting' && !this.isWorker) this.events.stopped();
    this.parts.logs.close();
  }
}
