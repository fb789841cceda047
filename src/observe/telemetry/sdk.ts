import { hostname } from 'node:os';
import type { Resource } from '@opentelemetry/resources';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { StoreConfig } from '../../config/config.ts';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import { readVersion } from '../../lib/version.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { SpanMaker } from '../tracing/spans.ts';
import { Agents } from './agents.ts';
import type { Exporters, ExportFailed } from './exporters.ts';
import { createExporters } from './exporters.ts';
import { attributeLimits, spanBatches } from './limits.ts';
import { createLineSender } from './log-records.ts';
import { MetricReadings } from './metric-readings.ts';
import { createSpanMaker } from './span-maker.ts';

/** The scope of our spans, metrics and log records. */
const SCOPE = 'sallyport';
const SERVICE = 'sallyport';
/** The conventions of these attributes are not stable yet, so their constants are not exported. */
const ATTR_HOST_NAME = 'host.name';
const ATTR_INSTANCE_ID = 'service.instance.id';
/** Ours. */
const ATTR_WORKER = 'sallyport.worker';

/** Which process sends. */
interface Sender {
  /** Names this instance: all its processes, from their start to their end. */
  readonly instanceId: string;
  /** The number of the worker that this process is; `undefined` in the primary process. */
  readonly worker: number | undefined;
}

export interface SdkParts extends Sender {
  /** The metrics to send; called only if metrics are sent. */
  readonly metrics: () => Metrics;
  /** What the spans of store reads name. */
  readonly store: StoreConfig['kind'];
  readonly failed: ExportFailed;
}

/** OpenTelemetry, running. */
export interface Sdk {
  /** `undefined` if no spans are sent. */
  readonly spans: SpanMaker | undefined;
  /** Sends a line of the logs; `undefined` if no logs are sent. */
  readonly sendLine: ((line: string) => void) | undefined;
  /** Sends what waits, for at most `limitMs`, and drops the rest. Never rejects. */
  close(limitMs: number): Promise<void>;
}

/** A provider of OpenTelemetry: of spans, of metrics or of log records. */
interface Provider {
  /** Sends what waits. */
  shutdown(): Promise<void>;
}

/**
 * Starts the parts of OpenTelemetry's SDK that the configuration needs, without instrumentation: all spans are our own.
 * Nothing registers itself for the whole process, so a reload can start others beside them. OpenTelemetry's package for
 * Node would do the same, but loads every exporter and gRPC.
 */
export function startSdk(config: TelemetryConfig, { metrics, store, failed, ...sender }: SdkParts): Sdk {
  const agents = new Agents(config.tls);
  const exporters = createExporters(config, agents, failed);
  const resource = resourceOf(config, sender);
  const tracers = exporters.traces && createTracers(exporters.traces, resource);
  const loggers = exporters.logs && createLoggers(exporters.logs, resource);
  const { intervalMs } = config.metrics ?? {};
  const meters =
    exporters.metrics &&
    new MeterProvider({
      resource,
      readers: [
        new PeriodicExportingMetricReader({
          exporter: exporters.metrics,
          ...(intervalMs === undefined ? {} : { exportIntervalMillis: intervalMs }),
          metricProducers: [new MetricReadings(metrics(), SCOPE)],
        }),
      ],
    });
  const providers = [tracers, loggers, meters].filter((provider) => provider !== undefined);
  return {
    spans: tracers && createSpanMaker(tracers.getTracer(SCOPE), store),
    sendLine: loggers && createLineSender(loggers.getLogger(SCOPE)),
    close: (limitMs) => closeWithin(providers, agents, limitMs),
  };
}

function createTracers(exporter: NonNullable<Exporters['traces']>, resource: Resource): TracerProvider {
  return new TracerProvider({
    resource,
    // Whether a decision has a span is decided before the SDK hears of it.
    sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }), toString: () => SCOPE },
    spanLimits: attributeLimits('SPAN', process.env),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...spanBatches(process.env) })],
  });
}

function createLoggers(exporter: NonNullable<Exporters['logs']>, resource: Resource): LoggerProvider {
  return new LoggerProvider({
    resource,
    logRecordLimits: attributeLimits('LOGRECORD', process.env),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
}

/** Later attributes replace earlier ones of the same name: the file those of the environment. */
function resourceOf({ serviceName, resource }: TelemetryConfig, sender: Sender): Resource {
  return ownResource(sender)
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes({ ...resource }))
    .merge(resourceFromAttributes(serviceName === undefined ? {} : { [ATTR_SERVICE_NAME]: serviceName }));
}

function ownResource({ instanceId, worker }: Sender) {
  const own = {
    [ATTR_INSTANCE_ID]: instanceId,
    ...(worker === undefined ? {} : { [ATTR_WORKER]: worker }),
    [ATTR_SERVICE_NAME]: SERVICE,
    [ATTR_SERVICE_VERSION]: readVersion(),
    [ATTR_HOST_NAME]: hostname(),
  };
  return defaultResource().merge(resourceFromAttributes(own));
}

/** A receiver that does not answer delays the stop by no more than the limit. */
async function closeWithin(providers: readonly Provider[], agents: Agents, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  // Failed exports have been reported.
  const closed = Promise.allSettled(providers.map(async (provider) => provider.shutdown()));
  await Promise.race([closed, limit]);
  clearTimeout(timer);
  agents.close();
}
