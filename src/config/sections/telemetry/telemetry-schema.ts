import * as z from 'zod';
import { pemPath } from '../../reading/pem-path.ts';
import { requestHeaders } from '../../reading/request-headers.ts';
import { expected, text } from '../../reading/shape.ts';
import { milliseconds } from '../../reading/times.ts';

const RATIO = 'a number from 0 to 1';

/** The schema of `telemetry`. Relations to the environment are checked after it. */
export const telemetrySchema = z.strictObject({
  endpoint: z
    .string({ error: 'expected the URL of an OTLP receiver, such as http://collector:4318' })
    .optional()
    .describe(
      'URL of the OTLP receiver (HTTP, protobuf), to which v1/traces, v1/metrics and v1/logs are appended. By default, that of OTEL_EXPORTER_OTLP_ENDPOINT, or else http://localhost:4318',
    ),
  headers: requestHeaders
    .optional()
    .describe('Header fields of each export; a secret value is a reference, such as { env: OTLP_TOKEN }'),
  ca: pemPath("the receiver's CA").optional().describe('PEM file with the CA of the receiver'),
  cert: pemPath('the client certificate').optional().describe('PEM file with our certificate chain'),
  key: pemPath('the client key').optional().describe('PEM file with the private key of `cert`'),
  traces: z
    .union(
      [
        z.boolean(),
        z.strictObject({
          ratio: z
            .number({ error: expected(RATIO) })
            .min(0, { error: expected(RATIO) })
            .max(1, { error: expected(RATIO) })
            .optional()
            .describe(
              'Share of the requests without `traceparent` that begin a trace, from 0 to 1. By default, that of OTEL_TRACES_SAMPLER, or else 0',
            ),
        }),
      ],
      { error: expected('true, false, or a map with ratio') },
    )
    .optional()
    .describe('Whether to send spans. By default yes, unless OTEL_TRACES_EXPORTER is none'),
  metrics: z
    .union(
      [
        z.boolean(),
        z.strictObject({
          interval: milliseconds('1s', '1h')
            .optional()
            .describe(
              'How often to send them: a duration from 1s to 1h. By default, that of OTEL_METRIC_EXPORT_INTERVAL, or else 60s',
            ),
        }),
      ],
      { error: expected('true, false, or a map with interval') },
    )
    .optional()
    .describe('Whether to send metrics. By default yes, unless OTEL_METRICS_EXPORTER is none'),
  logs: z
    .boolean()
    .optional()
    .describe('Whether to send the lines of standard output too. By default no, unless OTEL_LOGS_EXPORTER is otlp'),
  serviceName: text('a name')
    .optional()
    .describe('The resource attribute service.name. By default, that of OTEL_SERVICE_NAME, or else sallyport'),
  resource: z
    .record(z.string(), text('a string'))
    .optional()
    .describe(
      'Further resource attributes, such as deployment.environment.name. They replace those of OTEL_RESOURCE_ATTRIBUTES',
    ),
});
