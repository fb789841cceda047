import type { DoorEvents } from '../events/door-events.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, labelled } from './metric.ts';
import type { Sample } from './samples.ts';

export interface DoorMetricsParts {
  readonly doors: Pick<DoorEvents, 'doors' | 'ended' | 'handshakes'>;
}

/** The connections of the doors, of whatever protocol. */
export function doorMetrics({ doors }: DoorMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_connections',
      'Open connections, by door.',
      () =>
        labelled(
          'door',
          Array.from(doors.doors, ([door, { open }]) => [door, open]),
        ),
      'sum',
    ),
    gauge(
      'sallyport_connections_limit',
      'The most connections that a door may have: maxConnections, for each process that serves it.',
      () =>
        labelled(
          'door',
          Array.from(doors.doors, ([door, { limit }]) => [door, limit]),
        ),
      'sum',
    ),
    counter(
      'sallyport_connections_ended_total',
      'Connections that a door closed because it had too many or the client was silent, by door and cause.',
      () => endedConnections(doors),
    ),
    counter('sallyport_tls_handshake_failures_total', 'Failed TLS handshakes, by door.', () =>
      labelled('door', doors.handshakes),
    ),
  ];
}

function* endedConnections({ ended }: DoorMetricsParts['doors']): Generator<Sample> {
  for (const [door, counts] of ended) {
    for (const [cause, value] of counts) yield { labels: { door, cause }, value };
  }
}
