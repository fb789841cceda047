import { expect, it } from 'vitest';
import { SimulatedTime } from '../../../test/support/simulated-time.ts';
import type { FromWorker } from './messages.ts';
import { WorkerControl } from './worker-control.ts';

it('reports every second however long its counts take, which it then reads more rarely', async () => {
  const time = new SimulatedTime();
  const reports: { readonly atMs: number; readonly hasCounts: boolean }[] = [];
  const send = (message: FromWorker, written?: () => void): void => {
    written?.();
    if (message.kind !== 'report') return;
    const hasCounts = message.counts !== undefined;
    if (hasCounts) time.nowMs += 40;
    reports.push({ atMs: time.nowMs, hasCounts });
  };
  const control = new WorkerControl({
    channel: { send, exit: () => undefined, taken: () => 0 },
    timers: time,
    clock: time,
  });
  // It cannot start with this, and reports all the same.
  control.receive({ kind: 'start', worker: 1, instanceId: 'one', config: {} });
  await time.advance(20_000);
  const gapsMs = reports.slice(1).map(({ atMs }, index) => atMs - (reports[index]?.atMs ?? 0));
  expect(Math.max(...gapsMs)).toBeLessThanOrEqual(1_040);
  expect(reports.filter(({ hasCounts }) => hasCounts)).toHaveLength(4);
});

it('sends no further report while the primary process reads none', async () => {
  const time = new SimulatedTime();
  const unread: (() => void)[] = [];
  const send = ({ kind }: FromWorker, written = (): void => {}): void => {
    if (kind === 'report') unread.push(written);
  };
  const control = new WorkerControl({
    channel: { send, exit: () => undefined, taken: () => 0 },
    timers: time,
    clock: time,
  });
  control.receive({ kind: 'start', worker: 1, instanceId: 'one', config: {} });
  await time.advance(3_600_000);
  expect(unread).toHaveLength(1);
  for (let read = 0; read < 3; read++) {
    unread.at(-1)?.();
    await time.advance(1_000);
  }
  expect(unread).toHaveLength(4);
});
