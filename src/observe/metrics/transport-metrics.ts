import type { TransportEvents } from '../events/transport-events.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, labelled, single } from './metric.ts';

export interface TransportMetricsParts {
  readonly transport: Pick<TransportEvents, 'counts'>;
}

const NONE: Iterable<readonly [string, number]> = [];

/** The connections of the fast transport. */
export function transportMetrics({ transport }: TransportMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_http2_connections',
      "Open connections of Envoy's listener, with transport fast.",
      () => single(transport.counts?.open),
      'sum',
    ),
    counter('sallyport_http2_connections_opened_total', "Connections that Envoy's listener took.", () =>
      single(transport.counts?.opened),
    ),
    counter('sallyport_http2_cancelled_total', 'Calls that clients gave up before they were answered.', () =>
      single(transport.counts?.cancelled),
    ),
    counter('sallyport_http2_limits_reached_total', 'How often a client reached a limit, by its key.', () =>
      labelled('limit', transport.counts?.limits ?? NONE),
    ),
    counter(
      'sallyport_http2_protocol_errors_total',
      'Connections that were closed because a client broke HTTP/2.',
      () => single(transport.counts?.protocolErrors),
    ),
    counter('sallyport_http2_drains_total', 'Connections that clients were asked to leave (GOAWAY), by cause.', () =>
      labelled('cause', transport.counts?.drains ?? NONE),
    ),
  ];
}
