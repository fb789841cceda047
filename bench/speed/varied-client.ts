// Sends many different checks in turn over HTTP/2, as fast as they are answered: h2load repeats one body. Frames are made
// by hand, because a client of Node would need more time than the server.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

// The arguments are those of varied-load.ts.
const [portText, file = '', ...others] = process.argv.slice(2);
const port = Number(portText);
const [connections = 0, streams = 0, requests = 0, answerBytes = 0] = others.map(Number);

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 4, 6, 7, 8];
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4];
const LARGEST_WINDOW = 2 ** 31 - 1;
const DEFAULT_WINDOW = 65_535;

/** RFC 7541: the first request puts the fields in the table, all others name their places. */
const FIRST_BLOCK = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  indexed(0x44, '/envoy.service.auth.v3.Authorization/Check'),
  indexed(0x41, 'sallyport'),
  indexed(0x5f, 'application/grpc'),
  Buffer.from([0x40]),
  text('te'),
  text('trailers'),
]);
const NEXT_BLOCK = Buffer.from([0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe]);

const messages = split(readFileSync(file));
let begun = 0;
let answered = 0;

function run(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = new Connection(socket, () => (socket.destroy(), resolve()));
    socket.once('connect', () => connection.open());
    socket.on('data', (piece: Buffer) => connection.read(piece));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`closed after ${answered} answers`)));
  });
}

class Connection {
  private readonly socket: Socket;
  private readonly done: () => void;
  private rest: Buffer = Buffer.alloc(0);
  private nextStream = 1;
  private running = 0;
  private window = DEFAULT_WINDOW;

  constructor(socket: Socket, done: () => void) {
    this.socket = socket;
    this.done = done;
  }

  open(): void {
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(4, 0);
    settings.writeUInt32BE(LARGEST_WINDOW, 2);
    const update = Buffer.alloc(4);
    update.writeUInt32BE(LARGEST_WINDOW - DEFAULT_WINDOW);
    const frames = [PREFACE, frame(SETTINGS, 0, 0, settings), frame(WINDOW_UPDATE, 0, 0, update), ...this.calls()];
    this.socket.write(Buffer.concat(frames));
  }

  read(piece: Buffer): void {
    const bytes = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    const replies: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= 9) {
      const length = bytes.readUIntBE(at, 3);
      if (bytes.length - at < 9 + length) break;
      this.receive(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, bytes.subarray(at + 9, at + 9 + length), replies);
      at += 9 + length;
    }
    this.rest = bytes.subarray(at);
    replies.push(...this.calls());
    if (replies.length > 0) this.socket.write(Buffer.concat(replies));
    if (this.running === 0 && begun >= requests) this.done();
  }

  private receive(type: number, flags: number, payload: Buffer, replies: Buffer[]): void {
    if (type === DATA && payload.length !== answerBytes) throw new Error(`an answer of ${payload.length} bytes`);
    if (type === RESET || type === GOAWAY) throw new Error(`a frame of type ${type} after ${answered} answers`);
    if (type === WINDOW_UPDATE) this.window += payload.readUInt32BE();
    if (type === SETTINGS && (flags & ACK) === 0) replies.push(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    if (type === PING && (flags & ACK) === 0) replies.push(frame(PING, ACK, 0, payload));
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) {
      this.running -= 1;
      answered += 1;
    }
  }

  /** As many new calls as may be in flight. */
  private calls(): Buffer[] {
    const frames: Buffer[] = [];
    while (this.running < streams && begun < requests) {
      const message = messages[begun % messages.length] ?? Buffer.alloc(0);
      if (message.length > this.window) break;
      this.window -= message.length;
      const block = this.nextStream === 1 ? FIRST_BLOCK : NEXT_BLOCK;
      frames.push(
        frame(HEADERS, END_HEADERS, this.nextStream, block),
        frame(DATA, END_STREAM, this.nextStream, message),
      );
      this.nextStream += 2;
      this.running += 1;
      begun += 1;
    }
    return frames;
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, 9);
  return bytes;
}

/** Splits a file of messages, each with the prefix of gRPC. */
function split(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

/** A field whose name is in the static table, to be put in the dynamic one. */
function indexed(first: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([first]), text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}

await Promise.all(Array.from({ length: connections }, () => run()));
