import { expect, it } from 'vitest';
import { Repeats } from '../log/repeats.ts';
import { transportMetrics } from '../metrics/transport-metrics.ts';
import { TransportEvents } from './transport-events.ts';

function observed() {
  const lines: object[] = [];
  const events = new TransportEvents({ warn: (facts: object) => void lines.push(facts) }, new Repeats());
  const samples = () =>
    transportMetrics({ transport: events }).flatMap(({ name, read }) =>
      Array.from(read(), ({ labels, value }) => [
        name.replace('sallyport_http2_', ''),
        ...Object.values(labels),
        value,
      ]),
    );
  return { events, lines, samples };
}

it('shows nothing of a transport that is not in use', () => {
  expect(observed().samples()).toEqual([]);
});

it('counts from 0, so that a rate shows the first event', () => {
  const { events, samples } = observed();
  events.begin(['pings', 'resets'], ['age']);
  events.connectionOpened();
  events.connectionOpened();
  events.connectionClosed(false);
  events.limitReached('pings', '192.0.2.1', false);
  events.cancelled();
  events.draining('age');
  events.protocolError(1, 'the first frame is not SETTINGS', undefined);
  expect(samples()).toEqual([
    ['connections', 1],
    ['connections_opened_total', 2],
    ['cancelled_total', 1],
    ['limits_reached_total', 'pings', 1],
    ['limits_reached_total', 'resets', 0],
    ['protocol_errors_total', 1],
    ['drains_total', 'age', 1],
  ]);
});

it('knows the connections that stay, and says at once when one does not', () => {
  const { events } = observed();
  const staying: (number | undefined)[] = [events.staying];
  events.onLeft = () => staying.push(events.staying);
  events.begin([], []);
  for (let opened = 0; opened < 3; opened++) events.connectionOpened();
  events.connectionClosed(false);
  events.draining('age');
  events.connectionClosed(true);
  expect(staying).toEqual([undefined, 2, 1]);
  expect([events.staying, events.counts?.open]).toEqual([1, 1]);
});

it('logs the first of a flood, with the client and the limit', () => {
  const { events, lines } = observed();
  for (let time = 0; time < 1_000; time++) {
    events.limitReached('pings', '192.0.2.1', true);
    events.protocolError(7, 'detail', '192.0.2.2');
  }
  expect(lines).toEqual([
    { limit: 'pings', client: '192.0.2.1', closed: true },
    { code: 7, detail: 'detail', client: '192.0.2.2' },
  ]);
});
