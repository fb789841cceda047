import type { ClientTls } from './client-tls.ts';
import type { Secret } from './secret.ts';

/** What is sent by OpenTelemetry's protocol (OTLP), and to which receiver. */
export interface TelemetryConfig {
  readonly kind: 'otlp';
  /** URL of the receiver, without a slash at its end; `undefined`: the environment variables of OpenTelemetry name it. */
  readonly endpoint: string | undefined;
  /** Header fields of each export, by lower-case name. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** `undefined`: the environment variables of OpenTelemetry name the files, if there are any. */
  readonly tls: ClientTls | undefined;
  /** `ratio`: the share of the requests without `traceparent` that begin a trace, from 0 to 1. `undefined`: no spans. */
  readonly traces: { readonly ratio: number } | undefined;
  /** `undefined`: no metrics. */
  readonly metrics: { readonly intervalMs: number } | undefined;
  readonly logs: boolean;
  /** `undefined`: the environment variables of OpenTelemetry name it, or else it is `sallyport`. */
  readonly serviceName: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
}
