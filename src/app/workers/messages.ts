import type { MetricValues } from '../../observe/metrics/metric-values.ts';
import type { EncodedConfig } from './config-codec.ts';
import type { Taken } from './handoffs.ts';

/**
 * The protocol between the primary process and a worker: messages over the channel that Node opens between them, in
 * their order. A worker opens nothing before it has received `start`.
 */
export type ToWorker =
  | Start
  /** The whole instance is ready: say so to health checks. */
  | { readonly kind: 'ready' }
  /** Build what this configuration decides, and change nothing. Answered with `prepared`. */
  | { readonly kind: 'prepare'; readonly id: number; readonly config: EncodedConfig }
  /** Put the configuration that was prepared into force. Not answered. */
  | { readonly kind: 'apply' }
  /** Read every metric. Answered with `collected`. @param reader who reads: some metrics cover the time since its last read. */
  | { readonly kind: 'collect'; readonly id: number; readonly reader: number }
  /** Report not ready, and keep answering. */
  | { readonly kind: 'stop ready' }
  /** Let pending requests finish, close everything and exit. */
  | { readonly kind: 'close' };

/** Open the store and the door of a configuration. */
export interface Start {
  readonly kind: 'start';
  /** Its number, from 1. */
  readonly worker: number;
  /** Names the instance to receivers of telemetry. */
  readonly instanceId: string;
  readonly config: EncodedConfig;
}

export type FromWorker =
  /** The door listens. */
  | { readonly kind: 'started'; readonly address: string }
  /** The worker could not start, and exits. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'prepared'; readonly id: number; readonly refused?: string }
  | { readonly kind: 'collected'; readonly id: number; readonly counts: MetricValues; readonly gauges: MetricValues }
  /** Sent before `started`, every second, and at once when a connection ends or its client is asked to leave it. */
  | ({ readonly kind: 'connections' } & Taken)
  /**
   * Sent every second from `start` on, and once before the worker exits. @param counts absent while reading them again
   * would cost too much.
   */
  | { readonly kind: 'report'; readonly counts?: MetricValues | undefined; readonly troubles: readonly string[] };

/** A message that is answered with the same `id`. */
export type Question = Extract<ToWorker, { readonly id: number }>;

/** The answers to questions. */
export type Answer = Extract<FromWorker, { readonly id: number }>;

/** Shows that a worker runs, and what it counted. */
export type Report = Extract<FromWorker, { readonly kind: 'report' }>;
