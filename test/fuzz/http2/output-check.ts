import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts';

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const GOAWAY = 7;
/** Frames that a server of this kind may send: those above, SETTINGS, PING and WINDOW_UPDATE. */
const SENT = new Set([DATA, HEADERS, RST_STREAM, 4, 6, GOAWAY, 8]);
const END_STREAM = 1;
const END_HEADERS = 4;

/** Reads what a server writes on a connection, and throws an Error for what no server may write. */
export class OutputCheck {
  readonly #decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 65_536 });
  readonly #ended = new Set<number>();
  readonly #begun = new Set<number>();
  #rest = Buffer.alloc(0);
  frames = 0;
  hasFailed = false;

  read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= 9) {
      const length = all.readUIntBE(at, 3);
      if (all.length - at < 9 + length) break;
      this.#frame(all[at + 3] ?? 0, all[at + 4] ?? 0, all.readUInt32BE(at + 5), all.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    this.frames++;
    require(!this.hasFailed, 'a frame after GOAWAY with an error');
    require(SENT.has(type), `a frame of type ${type}`);
    require(payload.length <= 16_384, 'a frame that is too long');
    if (type === GOAWAY) this.hasFailed = payload.readUInt32BE(4) !== 0;
    if (type === HEADERS) this.#headers(flags, id, payload);
    if (type === DATA) require(this.#begun.has(id) && !this.#ended.has(id), `DATA on stream ${id}, which is not open`);
    if (type === RST_STREAM || (type <= HEADERS && (flags & END_STREAM) !== 0)) this.#ended.add(id);
  }

  #headers(flags: number, id: number, payload: Buffer): void {
    require((flags & END_HEADERS) !== 0 && id % 2 === 1, `HEADERS with flags ${flags} on stream ${id}`);
    require(!this.#ended.has(id), `HEADERS on stream ${id}, which has ended`);
    const block = this.#decoder.decode(payload, 0, payload.length);
    require(block.outcome === 'fields', `a header block that is ${block.outcome}`);
    const hasStatus = block.fields[0]?.name === ':status';
    require(hasStatus !== this.#begun.has(id), `the wrong fields on stream ${id}`);
    this.#begun.add(id);
  }
}

function require(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new Error(`the server wrote ${wrong}`);
}
