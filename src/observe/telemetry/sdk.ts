import { hostname } from 'node:os';
import { context, diag, logs, metrics as metricsApi, SamplingDecision, trace } from '@opentelemetry/api';
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { StoreConfig } from '../../config/config.ts';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import { readVersion } from '../../lib/version.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { SpanMaker } from '../tracing/spans.ts';
import { Agents } from './agents.ts';
import type { ExportFailed } from './exporters.ts';
import { createExporters } from './exporters.ts';
import { createLineSender } from './log-records.ts';
import { MetricReadings } from './metric-readings.ts';
import { createSpanMaker } from './span-maker.ts';

/** The scope of our spans, metrics and log records. */
const SCOPE = 'sallyport';
const SERVICE = 'sallyport';
/** The attribute's convention is not stable yet, so its constant is not exported. */
const ATTR_HOST_NAME = 'host.name';

export interface SdkParts {
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

/**
 * Starts OpenTelemetry's Node SDK, without instrumentation: all spans are our own. The SDK registers itself for the whole
 * process; that is undone at once, so that a reload can start another one beside it.
 */
export function startSdk(config: TelemetryConfig, { metrics, store, failed }: SdkParts): Sdk {
  const agents = new Agents(config.tls);
  const exporters = createExporters(config, agents, failed);
  const { serviceName } = config;
  const sdk = new NodeSDK({
    ...(serviceName === undefined ? {} : { serviceName }),
    resource: ownResource(),
    // The last one wins: the file over the environment.
    resourceDetectors: [
      serviceInstanceIdDetector,
      envDetector,
      { detect: () => ({ attributes: { ...config.resource } }) },
    ],
    // Whether a decision has a span is decided before the SDK hears of it.
    sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }), toString: () => SCOPE },
    textMapPropagator: null,
    ...(exporters.traces === undefined ? { spanProcessors: [] } : { traceExporter: exporters.traces }),
    metricReaders:
      exporters.metrics === undefined || config.metrics === undefined
        ? []
        : [
            new PeriodicExportingMetricReader({
              exporter: exporters.metrics,
              exportIntervalMillis: config.metrics.intervalMs,
              metricProducers: [new MetricReadings(metrics(), SCOPE)],
            }),
          ],
    logRecordProcessors:
      exporters.logs === undefined ? [] : [new BatchLogRecordProcessor({ exporter: exporters.logs })],
  });
  sdk.start();
  const spans = exporters.traces && createSpanMaker(trace.getTracer(SCOPE), store);
  const sendLine = exporters.logs && createLineSender(logs.getLogger(SCOPE));
  for (const api of [trace, metricsApi, logs, context, diag]) api.disable();
  return { spans, sendLine, close: (limitMs) => closeWithin(sdk, agents, limitMs) };
}

function ownResource() {
  const own = {
    [ATTR_SERVICE_NAME]: SERVICE,
    [ATTR_SERVICE_VERSION]: readVersion(),
    [ATTR_HOST_NAME]: hostname(),
  };
  return defaultResource().merge(resourceFromAttributes(own));
}

/** A receiver that does not answer delays the stop by no more than the limit. */
async function closeWithin(sdk: NodeSDK, agents: Agents, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  // Failed exports have been reported.
  await Promise.race([sdk.shutdown().catch(() => undefined), limit]);
  clearTimeout(timer);
  agents.close();
}
