import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Recipient } from './handoffs.ts';
import { Handoffs } from './handoffs.ts';

interface Sent {
  readonly seq: number;
  readonly handle: { readonly close: () => void };
}

/** A worker, and the part of `node:cluster` that hands connections to it. */
class FakeWorker extends EventEmitter {
  connected = true;
  readonly received: Sent[] = [];
  readonly recipient: Recipient;
  /** What `node:cluster` was told of each connection, by number. */
  readonly replies: (readonly [seq: unknown, accepted: unknown])[] = [];
  private taken = 0;

  constructor(handoffs: Handoffs) {
    super();
    // As much of a process as is used.
    this.recipient = handoffs.add(this as unknown as ChildProcess);
    this.on('internalMessage', ({ ack, accepted }) => this.replies.push([ack, accepted]));
  }

  send(message: Sent, handle: Sent['handle']): boolean {
    this.received.push({ ...message, handle });
    return true;
  }

  /** Confirms all connections, of which so many stay. */
  takes(staying: number): void {
    for (const { seq } of this.received.slice(this.taken)) {
      this.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: seq, accepted: true });
    }
    this.taken = this.received.length;
    this.recipient.has({ taken: this.taken, staying });
  }

  ends(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

let handoffs: Handoffs;
let first: FakeWorker;
let second: FakeWorker;
let seq: number;

beforeEach(() => {
  handoffs = new Handoffs();
  [first, second] = [new FakeWorker(handoffs), new FakeWorker(handoffs)];
  seq = 0;
  for (const { recipient } of [first, second]) recipient.listens();
});

/** `node:cluster` gives a connection to a worker whose turn it is. Returns who got it. */
function hand(turn: FakeWorker): FakeWorker {
  seq += 1;
  const before = second.received.length;
  turn.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq } as unknown as Sent, { close: vi.fn() });
  return second.received.length > before ? second : first;
}

describe('a connection', () => {
  it('goes in turn while workers do not say how many they have', () => {
    for (const turn of [first, first, second]) {
      expect(hand(turn)).toBe(turn);
      for (const { seq: ack } of turn.received) turn.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack });
    }
  });

  it('goes to the worker with the fewest, and in turn if they have as many', () => {
    first.takes(2);
    second.takes(1);
    expect(hand(first)).toBe(second);
    second.takes(2);
    expect(hand(first)).toBe(first);
    first.takes(3);
    expect(hand(first)).toBe(second);
  });

  it('counts before the worker has said so', () => {
    for (const worker of [first, second]) worker.takes(0);
    expect(hand(first)).toBe(first);
    first.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: seq, accepted: true });
    expect(hand(first)).toBe(second);
  });

  it('does not go to a worker that has not taken the last one, has ended, or no longer listens', () => {
    first.takes(0);
    second.takes(9);
    expect(hand(first)).toBe(first);
    expect(hand(first)).toBe(second);
    second.takes(9);
    first.takes(1);
    first.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'close' });
    expect(hand(second)).toBe(second);
  });

  it('goes to another worker if its worker ends before it takes it', () => {
    hand(first);
    first.ends();
    expect(first.replies).toEqual([[1, false]]);
  });

  it('is closed if no other worker is left', () => {
    second.ends();
    hand(first);
    first.ends();
    expect(first.replies).toEqual([[1, true]]);
  });
});

it('a message that hands over no connection goes where it was sent', () => {
  second.takes(0);
  first.takes(5);
  first.send({ cmd: 'NODE_CLUSTER', act: 'disconnect' } as unknown as Sent, { close: vi.fn() });
  expect([first.received.length, second.received.length]).toEqual([1, 0]);
});
