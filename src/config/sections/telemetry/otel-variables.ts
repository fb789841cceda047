import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';

/** Samplers of OpenTelemetry, by the share of requests without a trace that they sample; `undefined`: their argument. */
const SAMPLERS: ReadonlyMap<string, number | undefined> = new Map([
  ['always_on', 1],
  ['parentbased_always_on', 1],
  ['always_off', 0],
  ['parentbased_always_off', 0],
  ['traceidratio', undefined],
  ['parentbased_traceidratio', undefined],
]);

const ENDPOINTS = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
];
const PROTOCOLS = [
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
  'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL',
];
const PROTOCOL = 'http/protobuf';

/** Returns the value of a variable without spaces around it; `undefined` if it is empty or not set. */
export function readVariable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** The share of the requests without `traceparent` that begin a trace, from 0 to 1: 0 unless the environment sets it. */
export function readSampledShare(env: NodeJS.ProcessEnv): number {
  const sampler = readVariable(env, 'OTEL_TRACES_SAMPLER');
  if (sampler === undefined || !SAMPLERS.has(sampler)) return 0;
  // The specification's default for the argument is 1.
  const share = SAMPLERS.get(sampler) ?? Number(readVariable(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1);
  return share >= 0 && share <= 1 ? share : 0;
}

/** Adds a problem for each variable that names a receiver which Sallyport cannot use. No message quotes a value. */
export function refuseUnusableVariables(draft: Draft, path: Path): void {
  const { env } = draft;
  for (const name of ENDPOINTS) {
    const value = readVariable(env, name);
    const url = value === undefined ? undefined : URL.parse(value);
    if (url === undefined || url?.protocol === 'http:' || url?.protocol === 'https:') continue;
    draft.refuse(
      path,
      `the environment variable ${name} is not an http or https URL: correct it, or set telemetry.endpoint`,
    );
  }
  for (const name of PROTOCOLS) {
    const value = readVariable(env, name);
    if (value === undefined || value === PROTOCOL) continue;
    draft.refuse(
      path,
      `the environment variable ${name} is not ${PROTOCOL}, the only protocol that Sallyport sends: set telemetry.endpoint to the receiver's HTTP port, which usually is 4318`,
    );
  }
}
