import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { systemTimers } from '../../lib/clock.ts';
import { afterRunning } from '../../lib/timers/after-running.ts';

/** How long the last messages of a process that has ended may take to be read, in milliseconds. */
const DRAIN_MS = 100;
/** How long a process may take to confirm a connection, in milliseconds. It needs one turn of its event loop. */
const CONFIRM_MS = 3_000;

/** A message of `node:cluster` that hands over a connection, or replies to one. Only the members that we read. */
interface Handoff {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
  readonly accepted?: unknown;
}

interface Handle {
  close(): void;
}

/** A connection that is not confirmed. */
interface Unconfirmed {
  readonly cancel: () => void;
  isHungUp: boolean;
}

/** What a worker says of its connections. */
export interface Taken {
  /** How many it was handed since its start. */
  readonly taken: number;
  /** How many of these are open, without those that their clients were asked to leave. */
  readonly staying: number;
}

/** A worker that connections are handed to. */
export interface Recipient {
  /** It listens, so it can take connections. */
  listens(): void;
  /** It says how many it has. Until it does, connections are handed out in turn. */
  has(connections: Taken): void;
}

interface Member {
  readonly child: ChildProcess;
  readonly send: ChildProcess['send'];
  readonly unconfirmed: Map<unknown, Unconfirmed>;
  handed: number;
  connections: Taken | undefined;
  isListening: boolean;
}

/**
 * Which worker gets a connection that `node:cluster` hands out: the one with the fewest. `node:cluster` hands them out in
 * turn, and each health check that connects would shift whose turn it is: after some time, chance would decide who
 * serves the few connections of a gateway. A worker that does not take its connection gets no other one, and that
 * connection goes to another worker if the worker ends, and is ended if it hangs.
 *
 * This relies on the messages of `node:cluster`, which sends each connection with a number and waits until this number is
 * confirmed, by whichever process.
 */
export class Handoffs {
  private readonly members = new Set<Member>();

  /** @param child a process that `node:cluster` has just started. */
  add(child: ChildProcess): Recipient {
    const { send } = child;
    const member: Member = {
      child,
      send: send.bind(child),
      unconfirmed: new Map(),
      handed: 0,
      connections: undefined,
      isListening: false,
    };
    this.members.add(member);
    const handOut = (message: Handoff, handle?: unknown, ...rest: readonly never[]): boolean => {
      const isConnection = message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && isHandle(handle);
      const taker = isConnection ? choose(member, this.members) : member;
      if (isConnection) noteSent(taker, message.seq, handle);
      // The arguments of the original call.
      return taker.send(message, handle as never, ...(rest as []));
    };
    child.send = handOut;
    // First, because `node:cluster` hands out the next connection when one is confirmed.
    child.prependListener('internalMessage', (message: Handoff) => noteReply(member, message));
    this.followEnd(member);
    return {
      listens: () => void (member.isListening = true),
      has: (connections) => void (member.connections = connections),
    };
  }

  private followEnd(member: Member): void {
    const { child } = member;
    let isOver = false;
    child.once('disconnect', () => {
      isOver = true;
      this.members.delete(member);
      this.handOutAgain(member);
    });
    // Node defers this event until the last connection is confirmed, which a process that was killed never does. Without
    // the event, `node:cluster` keeps listening for the dead worker.
    child.once('exit', () => afterRunning(systemTimers, DRAIN_MS, () => isOver || child.emit('disconnect')));
  }

  /**
   * Replies to `node:cluster` in the place of a process that has ended: otherwise it would forget the connections that
   * this process had not confirmed, and never close them. If there is another worker, that one gets them.
   */
  private handOutAgain({ child, unconfirmed }: Member): void {
    const isAlone = [...this.members].every(({ isListening }) => !isListening);
    const open = [...unconfirmed];
    unconfirmed.clear();
    for (const [ack, { cancel, isHungUp }] of open) {
      cancel();
      child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: isAlone || isHungUp });
    }
  }
}

/** Chooses who takes a connection. @param next the one that would take it in turn. */
function choose(next: Member, members: Iterable<Member>): Member {
  let chosen = next;
  for (const member of members) {
    if (!canTake(member)) continue;
    if (!canTake(chosen) || loadOf(member) < loadOf(chosen)) chosen = member;
  }
  return chosen;
}

function canTake({ child, isListening, unconfirmed }: Member): boolean {
  return child.connected && isListening && unconfirmed.size === 0;
}

/** Its connections, with those that are on their way; NaN if it says nothing of them. */
function loadOf({ connections, handed }: Member): number {
  return connections === undefined ? Number.NaN : connections.staying + handed - connections.taken;
}

function noteSent(member: Member, seq: unknown, handle: Handle): void {
  member.handed += 1;
  const hangUpLate = (): void => {
    expected.isHungUp = true;
    hangUp(handle);
  };
  const expected: Unconfirmed = { cancel: afterRunning(systemTimers, CONFIRM_MS, hangUpLate), isHungUp: false };
  member.unconfirmed.set(seq, expected);
}

function noteReply(member: Member, { cmd, act, ack, accepted }: Handoff): void {
  if (cmd !== 'NODE_CLUSTER') return;
  // It listens no longer: it stops.
  if (act === 'close' || accepted === false) member.isListening = false;
  member.unconfirmed.get(ack)?.cancel();
  member.unconfirmed.delete(ack);
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
