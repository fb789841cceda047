import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Http2Observer } from '../../../src/http2/observer.ts';
import { UnaryServer, type UnaryServerOptions } from '../../../src/http2/server.ts';
import type { UnaryMethod, UnaryReply } from '../../../src/http2/unary.ts';

export const ECHO = '/test.Service/Echo';
/** Answers when the test calls {@link ServedUnary.answer}. */
export const WAIT = '/test.Service/Wait';
export const FAIL = '/test.Service/Fail';
export const THROW = '/test.Service/Throw';
export const REJECT = '/test.Service/Reject';
/** Answers with as many bytes as the message says. */
export const LONG = '/test.Service/Long';

export interface ServedUnary {
  readonly server: UnaryServer;
  readonly port: number;
  /** The limits that were reached, in their order; `… closes` if that was the end of a connection. */
  readonly limits: string[];
  /** What else the observer saw, as text. */
  readonly events: string[];
  /** The messages of the calls that wait, as they came. */
  readonly waiting: string[];
  /** Answers the oldest call of {@link WAIT}. */
  answer(reply: UnaryReply): void;
  close(): Promise<void>;
}

/** Serves methods for tests on a port of 127.0.0.1. */
export async function serveUnary(options: Partial<UnaryServerOptions> = {}): Promise<ServedUnary> {
  const limits: string[] = [];
  const events: string[] = [];
  const waiting: string[] = [];
  const answers: ((reply: UnaryReply) => void)[] = [];
  const methods = new Map<string, UnaryMethod>([
    [ECHO, { handle: ({ message }) => message }],
    [FAIL, { handle: () => ({ code: 7, details: 'not you: 100 %, größer' }) }],
    [LONG, { handle: ({ message }) => Buffer.alloc(Number(message.toString()), 'l') }],
    [REJECT, { handle: () => Promise.reject(new Error('rejected')) }],
    [
      THROW,
      {
        handle() {
          throw new Error('thrown');
        },
      },
    ],
    [
      WAIT,
      {
        handle({ message }) {
          waiting.push(message.toString());
          return new Promise<UnaryReply>((resolve) => answers.push(resolve));
        },
      },
    ],
  ]);
  const server = new UnaryServer({ methods, observer: recordIn(limits, events), ...options });
  const listening = createServer({ noDelay: true }, (socket) => server.serve(socket));
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  // A server on TCP has an address with a port.
  const { port } = listening.address() as AddressInfo;
  return {
    server,
    port,
    limits,
    events,
    waiting,
    answer: (reply) => answers.shift()?.(reply),
    async close() {
      listening.close();
      await server.close(0);
    },
  };
}

function recordIn(limits: string[], events: string[]): Http2Observer {
  return {
    opened: () => events.push('opened'),
    closed: () => events.push('closed'),
    cancelled: () => events.push('cancelled'),
    draining: (cause) => events.push(`draining: ${cause}`),
    limitReached: (limit, _peer, isClosed) => limits.push(isClosed ? `${limit} closes` : limit),
    protocolError: (code, detail) => events.push(`protocol error ${code}: ${detail}`),
    methodFailed: (path, error) => events.push(`${path}: ${String(error)}`),
    broken: (error) => events.push(`broken: ${String(error)}`),
  };
}
