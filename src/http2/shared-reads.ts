import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const SHARED_BYTES = 65_536;

/** All plain sockets are read into one buffer, one after another. */
let shared: Buffer | undefined;

/**
 * Passes on what arrives on a socket. Its bytes stay as they are until `take` returns. Returns the socket to use from now on.
 *
 * A plain socket that nothing was read from is exchanged for one with Node's `onread`: then no buffer is made for each read,
 * which is a quarter of the CPU time of a call, and half of the memory of a server under load. Node offers `onread` only for
 * sockets that a client makes, so the handle is passed on as `node:net` itself does it.
 */
export function readFrom(socket: Duplex, take: (bytes: Buffer) => void): Duplex {
  const handle = handleOf(socket);
  if (handle === undefined) {
    // A stream in memory can pass bytes while its other end is within a write: an answer would reach that end too early.
    const isInMemory = !(socket instanceof Socket);
    return socket.on('data', isInMemory ? (bytes: Buffer) => process.nextTick(take, bytes) : take);
  }
  shared ??= Buffer.allocUnsafeSlow(SHARED_BYTES);
  const callback = (length: number, bytes: Uint8Array): boolean => {
    take(Buffer.from(bytes.buffer, bytes.byteOffset, length));
    return true;
  };
  // `handle` is no documented option.
  const options = { handle, onread: { buffer: shared, callback } } as object;
  const own = new Socket(options);
  // The first socket must not close the handle, but those who know it must hear of the end and may ask for it.
  (socket as { _handle?: unknown })._handle = null;
  own.once('close', () => socket.destroy());
  socket.once('close', () => own.destroy());
  own.read(0);
  return own;
}

/** Returns the handle of a socket that can be exchanged. */
function handleOf(socket: Duplex): object | undefined {
  if (!(socket instanceof Socket) || 'encrypted' in socket || socket.readableLength > 0 || socket.bytesRead > 0)
    return undefined;
  // Not documented; the sockets of another Node may have none, and are read in the usual way.
  const { _handle: handle } = socket as { _handle?: unknown };
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle ? handle : undefined;
}
