import { once } from 'node:events';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { call, PREFACE, settings, settingsAck } from '../../test/support/http2/frames.ts';
import { UnaryServer } from './server.ts';

const PATH = '/test.Service/Ask';

/** A connection whose bytes come as the test pushes them, and whose replies are thrown away. */
class Pushed extends Socket {
  override _write(_bytes: unknown, _encoding: unknown, done: () => void): void {
    done();
  }

  override _writev = (_chunks: unknown, done: () => void): void => done();

  override _final(done: () => void): void {
    done();
  }
}

/** Returns a server that notes the messages of the calls in the order in which it handles them. */
function noting() {
  const handled: string[] = [];
  const handle = ({ message }: { readonly message: Buffer }): Buffer => {
    handled.push(message.subarray(0, 2).toString());
    return Buffer.from('reply');
  };
  const server = new UnaryServer({ methods: new Map([[PATH, { handle }]]) });
  const serve = (): Socket => {
    const socket = new Pushed();
    server.serve(socket);
    socket.push(Buffer.concat([PREFACE, settings(), settingsAck()]));
    return socket;
  };
  return { handled, serve };
}

/** Pushes so many calls of some 9 KB: seven of them are a turn. */
function push(socket: Socket, name: string, calls: number, firstId = 1): void {
  for (let index = 0; index < calls; index++) {
    socket.push(call(firstId + 2 * index, PATH, `${name}${index % 10}${'x'.repeat(9_300)}`));
  }
}

describe('a connection that sends much', () => {
  it('is read for 64 KB, then what others have sent, then on', async () => {
    const { handled, serve } = noting();
    const [flood, other] = [serve(), serve()];
    await nextTurn();
    push(flood, 'f', 20);
    push(other, 'o', 1);
    while (handled.length < 21) await nextTurn();
    expect(handled.slice(0, 8)).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'o0']);
    expect(handled.slice(8).join(' ')).toBe('f7 f8 f9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9');
  });

  it('takes turns with another one that sends much', async () => {
    const { handled, serve } = noting();
    const floods = [serve(), serve()];
    await nextTurn();
    for (const [index, flood] of floods.entries()) push(flood, 'ab'[index] ?? '', 14);
    while (handled.length < 28) await nextTurn();
    const whose = handled.map((message) => message[0]).join('');
    expect(whose).toBe('aaaaaaabbbbbbbaaaaaaabbbbbbb');
  });

  it('may be closed by its client while it waits for its turn', async () => {
    const { handled, serve } = noting();
    const flood = serve();
    await nextTurn();
    push(flood, 'f', 8);
    const closed = once(flood, 'close');
    flood.push(null);
    await closed;
    expect(handled).toHaveLength(8);
  });
});
