import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { encodeFields } from '../../../../http2/hpack/encoder.ts';
import type { UnaryServer } from '../../../../http2/server.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** RFC 9113, sections 4.1 and 6. */
const FRAME_HEADER_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;

const PREFIX_BYTES = 5;

/**
 * Calls a method of a server that serves nothing else, once for each message, over a connection in memory. Ignores the
 * answers; resolves when all have come, and rejects if the connection ends before.
 *
 * @param path of the method, as `/package.Service/Method`.
 * @param messages encoded; each short enough for one frame.
 */
export async function callInMemory(
  server: Pick<UnaryServer, 'serve'>,
  path: string,
  messages: readonly Uint8Array[],
): Promise<void> {
  const [near, far] = duplexPair();
  server.serve(far);
  const fields = encodeFields([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ]);
  const answered = countEnds(near, messages.length);
  near.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0)]));
  for (const [index, message] of messages.entries()) {
    const id = 2 * index + 1;
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(message.length, 1);
    near.write(frame(HEADERS, END_HEADERS, id, fields));
    near.write(frame(DATA, END_STREAM, id, prefix, message));
  }
  try {
    await answered;
  } finally {
    near.destroy();
    far.destroy();
  }
}

function frame(type: number, flags: number, id: number, ...payload: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(
    payload.reduce((length, part) => length + part.length, 0),
    0,
    3,
  );
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, ...payload]);
}

/** Resolves when the server has ended so many streams. */
async function countEnds(near: NodeJS.ReadableStream, streams: number): Promise<void> {
  let unread = Buffer.alloc(0);
  let ended = 0;
  const closed = once(near, 'close').then(() => {
    throw new Error('the connection in memory was closed');
  });
  const answered = new Promise<void>((resolve) => {
    near.on('data', (bytes: Buffer) => {
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= FRAME_HEADER_BYTES) {
        const length = FRAME_HEADER_BYTES + unread.readUIntBE(0, 3);
        if (unread.length < length) break;
        const isOfStream = unread[3] === HEADERS || unread[3] === DATA;
        if (isOfStream && ((unread[4] ?? 0) & END_STREAM) !== 0) ended += 1;
        unread = unread.subarray(length);
      }
      if (ended >= streams) resolve();
    });
  });
  await Promise.race([answered, closed]);
}
