import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import type { Agents } from './agents.ts';

export type Signal = 'traces' | 'metrics' | 'logs';

/** Called for each export that failed for good: what it held is lost. */
export type ExportFailed = (signal: Signal, error: Error) => void;

/** Undefined where the configuration sends nothing. */
export interface Exporters {
  readonly traces: OTLPTraceExporter | undefined;
  readonly metrics: OTLPMetricExporter | undefined;
  readonly logs: OTLPLogExporter | undefined;
}

/** With these variables, the environment names the files for TLS, unless the configuration does. */
const TLS_VARIABLE = /^OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?(?:CERTIFICATE|CLIENT_KEY)$/;

/** Creates the exporters. What the configuration leaves open, they read from the environment. */
export function createExporters(config: TelemetryConfig, agents: Agents, failed: ExportFailed): Exporters {
  const options = (signal: Signal) => ({
    ...(config.endpoint === undefined ? {} : { url: `${config.endpoint}/v1/${signal}` }),
    headers: headersOf(config),
    ...(hasOwnAgents(config) ? { httpAgentOptions: (protocol: string) => agents.create(protocol) } : {}),
  });
  const watch = (signal: Signal, exporter: Exporter) => watched(exporter, (error) => failed(signal, error));
  const traces = config.traces && new OTLPTraceExporter(options('traces'));
  const metrics = config.metrics && new OTLPMetricExporter(options('metrics'));
  const logs = config.logs ? new OTLPLogExporter(options('logs')) : undefined;
  if (traces !== undefined) watch('traces', traces);
  if (metrics !== undefined) watch('metrics', metrics);
  if (logs !== undefined) watch('logs', logs);
  return { traces, metrics, logs };
}

function headersOf({ headers }: TelemetryConfig): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    Buffer.from(value.reveal()).toString('utf8'),
  ]);
  return Object.fromEntries(entries);
}

function hasOwnAgents({ tls }: TelemetryConfig): boolean {
  return tls !== undefined || !Object.keys(process.env).some((name) => TLS_VARIABLE.test(name));
}

interface Exporter {
  export(items: never, done: (result: { readonly error?: Error }) => void): void;
}

/** Reports each failure of an exporter. The SDK tells only a logger of its own, in text. */
function watched(exporter: Exporter, failed: (error: Error) => void): void {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) => {
    send(items, (result) => {
      if (result.error !== undefined) failed(result.error);
      done(result);
    });
  };
}
