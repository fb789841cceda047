import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts';
import { type Frame, PREFACE, ping, type Setting, settings, settingsAck } from './frames.ts';

/** What a client reads of a reply. */
export interface RawReply {
  readonly id: number;
  /** Fields of the headers and of the trailers. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A client that sends exactly the bytes that it is given, and reads frames. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly #decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 65_536 });
  readonly #fields = new WeakMap<Frame, readonly { readonly name: string; readonly value: string }[]>();
  #rest = Buffer.alloc(0);
  #onFrame = () => {};
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', () => {});
    socket.once('close', () => {
      this.isClosed = true;
      this.#onFrame();
    });
  }

  /** Connects, and sends the preface with these settings. */
  static async open(port: number, ...pairs: readonly Setting[]): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.send(PREFACE, settings(...pairs), settingsAck());
    return client;
  }

  /** Connects, and sends nothing. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Resolves to the first frame that passes, also one that was read before. Rejects if the connection is closed without it. */
  async frame(passes: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(passes);
      if (found !== undefined) return found;
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.summary())}`);
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }

  /** Resolves to the reply on a stream when it is complete. */
  async reply(id: number): Promise<RawReply> {
    await this.frame((frame) => frame.id === id && frame.type <= 1 && (frame.flags & 1) !== 0);
    const own = this.frames.filter((frame) => frame.id === id);
    const fields = own
      .flatMap((frame) => this.#fields.get(frame) ?? [])
      .map(({ name, value }) => [name, value] as const);
    const body = Buffer.concat(own.filter(({ type }) => type === 0).map(({ payload }) => payload));
    return { id, fields: Object.fromEntries(fields), body };
  }

  /** Resolves to the error code of RST_STREAM. */
  async reset(id: number): Promise<number> {
    const { payload } = await this.frame((frame) => frame.type === 3 && frame.id === id);
    return payload.readUInt32BE(0);
  }

  /** Resolves to what GOAWAY says, the first or the one with a last stream. */
  async goaway(
    passes: (lastId: number) => boolean = () => true,
  ): Promise<{ lastId: number; code: number; detail: string }> {
    const { payload } = await this.frame((frame) => frame.type === 7 && passes(frame.payload.readUInt32BE(0)));
    return { lastId: payload.readUInt32BE(0), code: payload.readUInt32BE(4), detail: payload.toString('latin1', 8) };
  }

  /** Resolves when the server has read all that was sent. */
  async settled(): Promise<void> {
    const token = String(this.frames.length).padStart(8, '0');
    this.send(ping(token));
    await this.frame(({ type, flags, payload }) => type === 6 && (flags & 1) !== 0 && payload.toString() === token);
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }

  summary(): readonly string[] {
    return this.frames.map(({ type, flags, id }) => `${type}/${flags}/${id}`);
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9 && this.#rest.length >= 9 + this.#rest.readUIntBE(0, 3)) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5);
      const frame = { type, flags, id: this.#rest.readUInt32BE(5), payload: this.#rest.subarray(9, end) };
      this.#rest = this.#rest.subarray(end);
      if (type === 1) {
        const block = this.#decoder.decode(frame.payload, 0, frame.payload.length);
        if (block.outcome !== 'fields') throw new Error(`a header block that is ${block.outcome}`);
        this.#fields.set(frame, block.fields);
      }
      this.frames.push(frame);
    }
    this.#onFrame();
  }
}
