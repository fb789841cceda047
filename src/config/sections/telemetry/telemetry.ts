import type * as z from 'zod';
import type { Config } from '../../config.ts';
import { isLoopback } from '../../reading/addresses.ts';
import type { Draft } from '../../reading/draft.ts';
import { readRequestHeaders } from '../../reading/request-headers.ts';
import { readClientTls } from '../../reading/tls.ts';
import type { TelemetryConfig } from '../../telemetry-config.ts';
import { readSampledShare, readVariable, refuseUnusableVariables } from './otel-variables.ts';
import { telemetrySchema } from './telemetry-schema.ts';

const SECTION = ['telemetry'] as const;
/** What the specification of OTLP sets in the absence of an endpoint. */
const INTERVAL_MS = 60_000;
/** The shortest that the schema accepts, too. */
const MIN_INTERVAL_MS = 1_000;

/**
 * Reads `telemetry`; what it leaves open is read from the environment variables of OpenTelemetry. Without the section,
 * or with `OTEL_SDK_DISABLED=true`, telemetry is off.
 */
export function readTelemetry(draft: Draft): Config['telemetry'] | undefined {
  if (draft.valueAt(SECTION) === undefined) return { kind: 'off' };
  const written = draft.read(SECTION, telemetrySchema);
  if (written === undefined) return undefined;
  const endpoint = readEndpoint(draft, written.endpoint);
  const headers = readRequestHeaders(draft, [...SECTION, 'headers'], written.headers);
  if (Object.keys(headers).length > 0) warnOfOpenHeaders(draft, written.endpoint);
  if (written.endpoint === undefined) refuseUnusableVariables(draft, SECTION);
  const telemetry: TelemetryConfig = {
    kind: 'otlp',
    endpoint,
    headers,
    tls: readTls(draft, written),
    traces: readTraces(draft, written.traces),
    metrics: readMetrics(draft, written.metrics),
    logs: written.logs ?? readVariable(draft.env, 'OTEL_LOGS_EXPORTER') === 'otlp',
    serviceName: written.serviceName,
    resource: written.resource ?? {},
  };
  if (telemetry.traces === undefined && telemetry.metrics === undefined && !telemetry.logs) {
    draft.warn(SECTION, 'sends nothing: traces, metrics and logs are off');
  }
  return readVariable(draft.env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true' ? { kind: 'off' } : telemetry;
}

type Written = z.output<typeof telemetrySchema>;

/** Returns the URL without a slash at its end. No message quotes it: it may contain a password. */
function readEndpoint(draft: Draft, written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const problem = endpointProblem(written);
  if (problem !== undefined) draft.refuse([...SECTION, 'endpoint'], problem);
  return written.replace(/\/+$/, '');
}

function endpointProblem(written: string): string | undefined {
  const url = URL.parse(written);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return 'expected an http or https URL, such as http://collector:4318';
  }
  if (url.username !== '' || url.password !== '') {
    return 'a URL must not contain credentials: write headers: { Authorization: { env: NAME } }';
  }
  if (/[?#]/.test(written)) return 'the URL must not have a query or fragment: secrets belong in headers';
  if (/\/v1\/(?:traces|metrics|logs)\/?$/.test(url.pathname)) {
    return 'expected the URL without v1/traces, v1/metrics or v1/logs, which Sallyport appends';
  }
  return undefined;
}

function warnOfOpenHeaders(draft: Draft, endpoint: string | undefined): void {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  if (url?.protocol !== 'http:' || isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) return;
  draft.warn([...SECTION, 'headers'], 'are sent without encryption: use an https endpoint');
}

function readTls(draft: Draft, { ca, cert, key }: Written): TelemetryConfig['tls'] {
  return ca === undefined && cert === undefined && key === undefined
    ? undefined
    : readClientTls(draft, SECTION, { ca, cert, key });
}

function readTraces(draft: Draft, written: Written['traces']): TelemetryConfig['traces'] {
  const isOn = written ?? readVariable(draft.env, 'OTEL_TRACES_EXPORTER') !== 'none';
  if (isOn === false) return undefined;
  const ratio = typeof isOn === 'object' ? isOn.ratio : undefined;
  return { ratio: ratio ?? readSampledShare(draft.env) };
}

function readMetrics(draft: Draft, written: Written['metrics']): TelemetryConfig['metrics'] {
  const isOn = written ?? readVariable(draft.env, 'OTEL_METRICS_EXPORTER') !== 'none';
  if (isOn === false) return undefined;
  const intervalMs = typeof isOn === 'object' ? isOn.interval : undefined;
  if (intervalMs !== undefined) return { intervalMs };
  const variable = Number(readVariable(draft.env, 'OTEL_METRIC_EXPORT_INTERVAL') ?? INTERVAL_MS);
  return { intervalMs: variable >= MIN_INTERVAL_MS ? variable : INTERVAL_MS };
}
