import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A service behind a gateway that speaks FastCGI, as PHP-FPM does. */
export interface FastcgiService {
  readonly port: number;
  /** The parameters of each request, in order. */
  readonly received: Readonly<Record<string, string>>[];
  /** Further lines in the header of its answers, each with its end. */
  header: string;
  close(): void;
}

/** The types of records, and the size of a record's header (FastCGI 1.0, sections 3.3 and 8). */
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const END_REQUEST = 3;
const HEADER_BYTES = 8;

/** Starts it on a free port. It answers 200. */
export async function startFastcgiService(): Promise<FastcgiService> {
  const server = createServer((socket) => serve(socket, service));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  const service: FastcgiService = { port, received: [], header: '', close: () => void server.close() };
  return service;
}

function serve(socket: Socket, service: FastcgiService): void {
  let unread: Buffer = Buffer.alloc(0);
  let params: Buffer = Buffer.alloc(0);
  socket
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= HEADER_BYTES) {
        const length = unread.readUInt16BE(4);
        const end = HEADER_BYTES + length + unread.readUInt8(6);
        if (unread.length < end) return;
        const type = unread.readUInt8(1);
        if (type === PARAMS) params = Buffer.concat([params, unread.subarray(HEADER_BYTES, HEADER_BYTES + length)]);
        unread = unread.subarray(end);
        if (type !== STDIN || length > 0) continue;
        service.received.push(readPairs(params));
        const answer = `Status: 200 OK\r\n${service.header}\r\n`;
        socket.end(Buffer.concat([record(STDOUT, answer), record(END_REQUEST, '\0'.repeat(8))]));
      }
    });
}

/** Reads name-value pairs (FastCGI 1.0, section 3.4). */
function readPairs(bytes: Buffer): Record<string, string> {
  const pairs: Record<string, string> = {};
  let at = 0;
  const length = (): number => {
    const first = bytes.readUInt8(at);
    at += first < 0x80 ? 1 : 4;
    return first < 0x80 ? first : bytes.readUInt32BE(at - 4) & 0x7fffffff;
  };
  const text = (size: number): string => bytes.toString('latin1', at, (at += size));
  while (at < bytes.length) {
    const [name, value] = [length(), length()];
    pairs[text(name)] = text(value);
  }
  return pairs;
}

function record(type: number, content: string): Buffer {
  const header = Buffer.from([1, type, 0, 1, 0, content.length, 0, 0]);
  return Buffer.concat([header, Buffer.from(content, 'latin1')]);
}
