import { expect, it } from 'vitest';
import { Repeats } from '../log/repeats.ts';
import { doorMetrics } from '../metrics/door-metrics.ts';
import { DoorEvents } from './door-events.ts';

function observed() {
  const lines: unknown[] = [];
  const events = new DoorEvents({ warn: (...line: unknown[]) => void lines.push(line) }, new Repeats());
  const samples = () =>
    doorMetrics({ doors: events }).flatMap(({ name, read }) =>
      Array.from(read(), ({ labels, value }) => [name.replace('sallyport_', ''), ...Object.values(labels), value]),
    );
  return { events, lines, samples };
}

it('shows nothing of a door that is closed', () => {
  expect(observed().samples()).toEqual([]);
});

it('counts from 0, so that a rate shows the first event', () => {
  const { events, samples } = observed();
  const state = { open: 3, limit: 10 };
  events.doorOpened('access', state, ['full', 'silent']);
  state.open = 4;
  expect(samples()).toEqual([
    ['connections', 'access', 4],
    ['connections_limit', 'access', 10],
    ['connections_ended_total', 'access', 'full', 0],
    ['connections_ended_total', 'access', 'silent', 0],
  ]);
});

it('counts each connection that was closed, and logs the first of each kind', () => {
  const { events, lines, samples } = observed();
  events.doorOpened('extAuthz', { open: 10, limit: 10 }, ['full']);
  for (let time = 0; time < 1000; time++) events.connectionEnded('extAuthz', 'full', '192.0.2.1');
  events.handshakeFailed('extAuthz', undefined, new Error('why'));
  expect(samples().slice(2)).toEqual([
    ['connections_ended_total', 'extAuthz', 'full', 1000],
    ['tls_handshake_failures_total', 'extAuthz', 1],
  ]);
  const facts = { door: 'extAuthz', client: '192.0.2.1', maxConnections: 10 };
  expect(lines).toEqual([
    [facts, expect.stringContaining('maxConnections')],
    [{ door: 'extAuthz', client: undefined, cause: 'why' }, 'TLS handshake failed'],
  ]);
});
