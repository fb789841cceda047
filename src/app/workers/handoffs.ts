import type { ChildProcess } from 'node:child_process';

/** How long the last messages of a process that has ended may take to be read, in milliseconds. */
const DRAIN_MS = 100;

/** What `node:cluster` sends with an accepted connection, as far as it is used here. */
interface Handoff {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

/**
 * Closes the connections that were handed to a worker which ended before it had confirmed them. `node:cluster` forgets
 * its own copy of such a connection: it would stay open for as long as the primary process lives, and a gateway would wait
 * there for answers that never come.
 */
export function closeLostHandoffs(worker: ChildProcess): void {
  const open = new Map<unknown, { close(): void }>();
  const send = worker.send.bind(worker);
  const watched = (message: Handoff, handle?: unknown, ...rest: readonly never[]): boolean => {
    if (message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && isClosable(handle)) {
      open.set(message.seq, handle);
    }
    // The arguments of the original call.
    return send(message, handle as never, ...(rest as []));
  };
  worker.send = watched;
  worker.on('internalMessage', ({ cmd, ack }: Handoff) => {
    if (cmd === 'NODE_CLUSTER') open.delete(ack);
  });
  let isOver = false;
  worker.once('disconnect', () => {
    isOver = true;
    for (const handle of open.values()) handle.close();
    open.clear();
  });
  // Node defers this event until the last connection is confirmed, which a process that was killed never does. Without
  // the event, `node:cluster` keeps listening for the dead worker.
  worker.once('exit', () => setTimeout(() => isOver || worker.emit('disconnect'), DRAIN_MS));
}

function isClosable(handle: unknown): handle is { close(): void } {
  return typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';
}
