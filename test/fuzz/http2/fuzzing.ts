import { setImmediate as turn } from 'node:timers/promises';
import { Inbound } from '../../../src/http2/inbound.ts';
import { call, PREFACE, prefixed } from '../../support/http2/frames.ts';
import { RawClient } from '../../support/http2/raw-client.ts';
import { ECHO, type ServedUnary, serveUnary } from '../../support/http2/unary-server.ts';
import { MemorySocket } from './memory-socket.ts';
import { OutputCheck } from './output-check.ts';
import { Random } from './random.ts';
import { Sequences } from './sequences.ts';

/** After so many connections, another client has a call answered. */
const CANARY_EVERY = 200;
/** No piece of input may take longer, in milliseconds. */
const HANG_MS = 5000;

export interface FuzzFigures {
  /** That the server acted on: what follows its GOAWAY does not count. */
  readonly frames: number;
  readonly answered: number;
  readonly connections: number;
  /** Connections that the server ended with an error. */
  readonly failed: number;
}

/**
 * Sends frames to a server until there were `frames`, on connections in memory. Rejects with the seed of the connection if the
 * server breaks, hangs, writes what it may not or no longer answers another client. Each connection has a seed of its own, so
 * that one alone can be repeated: `fuzzConnections(seed, 1)`.
 */
export async function fuzzConnections(
  seed: number,
  frames: number,
  progress: (figures: FuzzFigures) => void = () => undefined,
): Promise<FuzzFigures> {
  const clock = { ms: 0 };
  const figures = { frames: 0, answered: 0, connections: 0, failed: 0 };
  const served = await serveUnary({ clock: () => clock.ms });
  const uncount = countFrames(() => figures.frames++);
  const canary = await RawClient.open(served.port);
  try {
    for (let number = seed; figures.frames < frames; number++) {
      await fuzzConnection(number, served, clock, figures).catch((cause: unknown) => {
        throw new Error(`seed ${number}`, { cause });
      });
      if (figures.connections % CANARY_EVERY === 0) {
        await checkCanary(canary, 2 * (figures.connections / CANARY_EVERY) - 1);
        progress(figures);
      }
    }
  } finally {
    uncount();
    canary.socket.destroy();
    await served.close();
  }
  return figures;
}

async function fuzzConnection(
  seed: number,
  served: ServedUnary,
  clock: { ms: number },
  figures: { -readonly [Name in keyof FuzzFigures]: number },
): Promise<void> {
  const random = new Random(seed);
  const check = new OutputCheck();
  let wrong: unknown;
  const socket = new MemorySocket((bytes) => {
    try {
      check.read(bytes);
    } catch (error) {
      wrong ??= error;
    }
  });
  const before = served.server.connections;
  served.server.serve(socket);
  const sent = new Sequences(random).connection();
  socket.isStuck = random.once(20);
  for (const piece of pieces(random, Buffer.concat([PREFACE, ...sent]))) {
    const startedAt = performance.now();
    socket.feed(piece);
    await turn();
    if (performance.now() - startedAt > HANG_MS) throw new Error('the server hung');
    if (random.once(4)) served.answer(random.once(3) ? { code: 5, details: 'not found' } : prefixed('late'));
    clock.ms += random.once(100) ? 40_000 : random.below(50);
  }
  socket.unstick();
  while (served.waiting.length > 0) {
    served.waiting.pop();
    served.answer(Buffer.alloc(3));
  }
  await turn();
  socket.destroy();
  await turn();
  const broken = served.events.find((event) => event.startsWith('broken'));
  if (wrong !== undefined || broken !== undefined) throw new Error(broken, { cause: wrong });
  if (served.server.connections !== before) throw new Error('the server keeps the connection');
  served.events.length = 0;
  served.limits.length = 0;
  figures.answered += check.frames;
  figures.connections++;
  if (check.hasFailed) figures.failed++;
}

/** Calls `count` for each frame that a connection acts on. Returns what ends that. */
function countFrames(count: () => void): () => void {
  const { frame } = Inbound.prototype;
  Inbound.prototype.frame = function counted(...args) {
    count();
    frame.apply(this, args);
  };
  return () => {
    Inbound.prototype.frame = frame;
  };
}

/** Cuts what is sent as a network could. */
function pieces(random: Random, bytes: Buffer): readonly Buffer[] {
  const cuts = random.once(2) ? 0 : random.below(6);
  const places = Array.from({ length: cuts }, () => random.below(bytes.length)).sort((one, other) => one - other);
  return [...places, bytes.length].map((end, at) => Buffer.from(bytes.subarray(places[at - 1] ?? 0, end)));
}

async function checkCanary(canary: RawClient, id: number): Promise<void> {
  canary.send(call(id, ECHO, `call ${id}`));
  const { body } = await canary.reply(id);
  if (!body.equals(prefixed(`call ${id}`))) throw new Error(`another client reads ${body.toString('latin1')}`);
  canary.frames.length = 0;
}
