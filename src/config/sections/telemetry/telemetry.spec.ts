import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf, warningsOf } from '../../../../test/support/config.ts';

const INHERITED = {
  kind: 'otlp',
  endpoint: undefined,
  headers: {},
  tls: undefined,
  traces: { ratio: 0 },
  metrics: { intervalMs: 60_000 },
  logs: false,
  serviceName: undefined,
  resource: {},
};

function telemetryOf(telemetry: string, env: NodeJS.ProcessEnv = {}) {
  return configOf(`telemetry: ${telemetry}`, { env }).telemetry;
}

describe('telemetry', () => {
  it('is off without its section, whatever the environment says', () => {
    expect(configOf('', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' } }).telemetry).toEqual({
      kind: 'off',
    });
  });

  it('sends traces and metrics with an empty section, to the receiver of the environment', () => {
    expect(telemetryOf('{}')).toEqual(INHERITED);
  });

  it('reads each key', () => {
    const telemetry = `{ endpoint: "https://otlp.example.com/base/", headers: { X-Scope: a, Authorization: { env: OTLP_TOKEN } },
  traces: { ratio: 0.25 }, metrics: { interval: 15s }, logs: true, serviceName: gate, resource: { team: sms } }`;
    const read = telemetryOf(telemetry, { OTLP_TOKEN: 'Bearer hunter2' });
    expect(read).toMatchObject({
      endpoint: 'https://otlp.example.com/base',
      traces: { ratio: 0.25 },
      metrics: { intervalMs: 15_000 },
      logs: true,
      serviceName: 'gate',
      resource: { team: 'sms' },
    });
    if (read.kind === 'off') throw new Error('expected telemetry');
    expect(Buffer.from(read.headers['authorization']?.reveal() ?? []).toString()).toBe('Bearer hunter2');
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it.each([
    ['{ traces: false, metrics: false, logs: true }', {}, { traces: undefined, metrics: undefined, logs: true }],
    ['{ traces: true }', { OTEL_TRACES_EXPORTER: 'none' }, { traces: { ratio: 0 } }],
    ['{}', { OTEL_TRACES_EXPORTER: 'none' }, { traces: undefined }],
    ['{}', { OTEL_METRICS_EXPORTER: 'none' }, { metrics: undefined }],
    ['{}', { OTEL_LOGS_EXPORTER: 'otlp' }, { logs: true }],
    ['{ logs: false }', { OTEL_LOGS_EXPORTER: 'otlp' }, { logs: false }],
    ['{}', { OTEL_METRIC_EXPORT_INTERVAL: '5000' }, { metrics: { intervalMs: 5_000 } }],
    ['{ metrics: { interval: 2s } }', { OTEL_METRIC_EXPORT_INTERVAL: '5000' }, { metrics: { intervalMs: 2_000 } }],
    ['{}', { OTEL_METRIC_EXPORT_INTERVAL: 'soon' }, { metrics: { intervalMs: 60_000 } }],
    ['{}', { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }, { traces: { ratio: 1 } }],
    ['{}', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }, { traces: { ratio: 0.1 } }],
    ['{}', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, { traces: { ratio: 0 } }],
    ['{ traces: { ratio: 0 } }', { OTEL_TRACES_SAMPLER: 'always_on' }, { traces: { ratio: 0 } }],
    ['{}', { OTEL_TRACES_SAMPLER: 'jaeger_remote' }, { traces: { ratio: 0 } }],
  ])('lets the file win over the environment: %s with %o', (telemetry, env, expected) => {
    expect(telemetryOf(telemetry, env)).toMatchObject(expected);
  });

  it('is off if the environment disables OpenTelemetry', () => {
    expect(telemetryOf('{}', { OTEL_SDK_DISABLED: 'TRUE' })).toEqual({ kind: 'off' });
  });
});

describe('the problems of telemetry', () => {
  it.each([
    [
      '{ endpoint: collector:4318 }',
      '3: telemetry.endpoint: expected an http or https URL, such as http://collector:4318',
    ],
    [
      '{ endpoint: "grpc://c:4317" }',
      '3: telemetry.endpoint: expected an http or https URL, such as http://collector:4318',
    ],
    [
      '{ endpoint: "https://joe:hunter2@c" }',
      '3: telemetry.endpoint: a URL must not contain credentials: write headers: { Authorization: { env: NAME } }',
    ],
    [
      '{ endpoint: "https://c?key=hunter2" }',
      '3: telemetry.endpoint: the URL must not have a query or fragment: secrets belong in headers',
    ],
    [
      '{ endpoint: "https://c/v1/traces" }',
      '3: telemetry.endpoint: expected the URL without v1/traces, v1/metrics or v1/logs, which Sallyport appends',
    ],
    ['{ traces: { ratio: 2 } }', '3: telemetry.traces.ratio: expected a number from 0 to 1, found 2'],
    [
      '{ headers: { Authorization: hunter2 } }',
      '3: telemetry.headers.Authorization: a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }',
    ],
    ['{ cert: a.pem }', '3: telemetry: expected cert and key together'],
  ])('of %s', (telemetry, problem) => {
    const problems = problemsOf(fileWith(`telemetry: ${telemetry}`)).map((line) => line.replace(/^3:\d+/, '3'));
    expect(problems).toEqual([problem]);
    expect(problem).not.toContain('hunter2@');
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'hunter2', 'is not an http or https URL: correct it, or set telemetry.endpoint'],
    [
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'grpc',
      "is not http/protobuf, the only protocol that Sallyport sends: set telemetry.endpoint to the receiver's HTTP port, which usually is 4318",
    ],
  ])('of %s in the environment, unless the file has an endpoint', (name, value, problem) => {
    const env = { [name]: value };
    const [found] = problemsOf(fileWith('telemetry: {}'), { env });
    expect(found).toMatch(/^3:\d+: telemetry: /);
    expect(found?.replace(/^3:\d+: telemetry: /, '')).toBe(`the environment variable ${name} ${problem}`);
    expect(problemsOf(fileWith('telemetry: { endpoint: "http://c:4318" }'), { env })).toEqual([]);
  });

  it('include a warning if nothing is sent, or if credentials are sent without encryption', () => {
    expect(warningsOf(fileWith('telemetry: { traces: false, metrics: false }'))).toEqual([
      'sends nothing: traces, metrics and logs are off',
    ]);
    const headers = (endpoint: string) => fileWith(`telemetry: { endpoint: "${endpoint}", headers: { X-A: b } }`);
    expect(warningsOf(headers('http://collector:4318'))).toEqual([
      'are sent without encryption: use an https endpoint',
    ]);
    expect(warningsOf(headers('http://127.0.0.1:4318'))).toEqual([]);
  });
});
