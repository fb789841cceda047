/** What serves Envoy's calls: our own HTTP/2 transport, or the library grpc-js. */
export const TRANSPORTS = ['fast', 'grpc-js'] as const;

/** `listen.extAuthz.transport` unless the configuration says otherwise. */
export const DEFAULT_TRANSPORT: (typeof TRANSPORTS)[number] = 'fast';

export type TransportConfig = { readonly kind: 'grpc-js' } | FastTransportConfig;

export interface FastTransportConfig {
  readonly kind: 'fast';
  readonly limits: TransportLimits;
  /** When a connection ends so that its client opens another; `Infinity`: never. */
  readonly maxConnectionAgeMs: number;
}

/** What one client may ask of us, on each connection: `limits` of `src/http2/limits.ts`, where each is explained. */
export interface TransportLimits {
  readonly concurrentStreams: number;
  readonly headerListBytes: number;
  readonly headerTableBytes: number;
  readonly continuations: number;
  readonly messageBytes: number;
  readonly heldBytes: number;
  readonly totalHeldBytes: number;
  readonly outputBytes: number;
  readonly resets: number;
  readonly streamErrors: number;
  readonly pings: number;
  readonly settings: number;
  readonly emptyData: number;
  readonly idleFrames: number;
  readonly prefaceMs: number;
  readonly requestMs: number;
  readonly sendMs: number;
}
