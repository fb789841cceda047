/** The program of a worker process, which `node:cluster` starts. */
import { systemClock, systemTimers } from '../../lib/clock.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { WorkerControl } from './worker-control.ts';

// A terminal and systemd signal every process of the group. Only the primary process acts on it, and tells its workers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// If the primary process has ended, `node:cluster` ends this one.
const send = (message: FromWorker, written = (): void => {}): void => void process.send?.(message, () => written());
const exit = (code: number): void => void process.send?.({}, () => process.exit(code));
let handed = 0;
// As `node:cluster` receives a connection.
process.on('internalMessage', ({ cmd, act }: { readonly cmd?: unknown; readonly act?: unknown }) => {
  if (cmd === 'NODE_CLUSTER' && act === 'newconn') handed += 1;
});
const channel = { send, exit, taken: () => handed };
const control = new WorkerControl({ channel, timers: systemTimers, clock: systemClock });
process.on('message', (message: ToWorker) => control.receive(message));
