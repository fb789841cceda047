import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { systemTimers } from '../../lib/clock.ts';
import { afterRunning } from '../../lib/timers/after-running.ts';

/** How long the last messages of a process that has ended may take to be read, in milliseconds. */
const DRAIN_MS = 100;
/** How long a process may take to confirm a connection, in milliseconds. It needs one turn of its event loop. */
const CONFIRM_MS = 3_000;

/** What `node:cluster` sends with an accepted connection, as far as it is used here. */
interface Handoff {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

interface Handle {
  close(): void;
}

/** A connection that is not confirmed. */
interface Unconfirmed {
  readonly handle: Handle;
  readonly cancel: () => void;
}

/**
 * Ends the connections that were handed to a worker which does not take them: it ended, or it hangs. A gateway would wait
 * there for answers that never come, and can open another connection instead.
 *
 * `node:cluster` forgets its own copy of a connection whose worker ended before it had confirmed it: this copy would stay
 * open for as long as the primary process lives. It hands one connection at a time to each worker, so one that hangs holds
 * one.
 */
export function endLostHandoffs(worker: ChildProcess): void {
  const open = new Map<unknown, Unconfirmed>();
  const send = worker.send.bind(worker);
  const watched = (message: Handoff, handle?: unknown, ...rest: readonly never[]): boolean => {
    if (message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && isHandle(handle)) {
      open.set(message.seq, { handle, cancel: afterRunning(systemTimers, CONFIRM_MS, () => hangUp(handle)) });
    }
    // The arguments of the original call.
    return send(message, handle as never, ...(rest as []));
  };
  worker.send = watched;
  worker.on('internalMessage', ({ cmd, ack }: Handoff) => {
    if (cmd !== 'NODE_CLUSTER') return;
    open.get(ack)?.cancel();
    open.delete(ack);
  });
  let isOver = false;
  worker.once('disconnect', () => {
    isOver = true;
    for (const { handle, cancel } of open.values()) {
      cancel();
      handle.close();
    }
    open.clear();
  });
  // Node defers this event until the last connection is confirmed, which a process that was killed never does. Without
  // the event, `node:cluster` keeps listening for the dead worker.
  worker.once('exit', () => afterRunning(systemTimers, DRAIN_MS, () => isOver || worker.emit('disconnect')));
}

/**
 * Tells the other side that the connection has ended. To close it would not: a copy is on its way to the worker, which
 * finds the connection ended if it ever takes it.
 */
function hangUp(handle: Handle): void {
  // As `net.Server` calls the constructor, whose type knows neither option so.
  const options: object = { handle, pauseOnCreate: true, allowHalfOpen: true };
  new Socket(options).on('error', () => undefined).end();
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';
}
