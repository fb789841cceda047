import { once } from 'node:events';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { encodeFields, type NewField } from './encoder.ts';

const LIMITS = { maxTableBytes: 4096, maxListBytes: 2 ** 24 };
const NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~".split('');
const VALUE_CHARACTERS = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((character) =>
  /[\t\u0020-\u007e\u0080-\u00ff]/.test(character),
);

const value = fc
  .string({ unit: fc.constantFrom(...VALUE_CHARACTERS), maxLength: 300 })
  .map((text) => text.replaceAll(/^[\t ]+|[\t ]+$/g, ''));
const newName = fc.string({ unit: fc.constantFrom(...NAME_CHARACTERS), minLength: 1, maxLength: 150 });
const field: fc.Arbitrary<NewField> = fc.oneof(
  fc.tuple(newName, value),
  fc.constantFrom<NewField>(
    [':status', '200'],
    [':path', '/'],
    ['accept-encoding', 'gzip, deflate'],
    [':status', '431'],
  ),
  fc.tuple(fc.constantFrom('www-authenticate', 'content-type', ':authority', 'via', 'server'), value),
);

describe('encodeFields', () => {
  it('uses the static table', () => {
    expect(encodeFields([[':status', '200']]).toString('hex')).toBe('88');
    // The prefix of a literal's name has 4 bits.
    expect(encodeFields([['age', '5']]).toString('hex')).toBe('0f060135');
    expect(encodeFields([['x', '']]).toString('hex')).toBe('00017800');
    expect(encodeFields([]).toString('hex')).toBe('');
  });

  it('encodes what decodes to the same, in any state of the decoder', () => {
    const decoder = new HpackDecoder(LIMITS);
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const block = encodeFields(fields);
        const decoded = decoder.decode(block, 0, block.length);
        expect(decoded).toMatchObject({
          outcome: 'fields',
          fields: fields.map(([name, text]) => ({ name, value: text })),
        });
      }),
    );
  });
});

describe('node:http2', () => {
  /** What the server received, and what it answers. */
  const blocks: Buffer[] = [];
  let answer: readonly NewField[] = [];
  let server: Server;
  let client: ClientHttp2Session;

  beforeAll(async () => {
    server = createServer((socket) =>
      serveFrames(socket, (block) => {
        blocks.push(block);
        return encodeFields(answer);
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => {
    client.destroy();
    server.close();
  });

  it('decodes what is encoded here, and encodes what decodes here', async () => {
    const decoder = new HpackDecoder(LIMITS);
    const own = fc.tuple(
      newName.map((name) => `x-${name}`),
      value,
    );
    const lists = fc.uniqueArray(own, { selector: ([name]) => name, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lists, lists, async (sent, answered) => {
        answer = [[':status', '200'], ...answered];
        const request = client.request({ ':path': '/x', ...Object.fromEntries(sent) });
        const [headers] = (await once(request, 'response')) as [IncomingHttpHeaders];
        request.resume();
        await once(request, 'close');
        expect(Object.fromEntries(Object.entries(headers))).toEqual({
          ':status': 200,
          ...Object.fromEntries(answered),
        });
        const block = blocks.pop() ?? Buffer.alloc(0);
        const decoded = decoder.decode(block, 0, block.length);
        expect(decoded).toMatchObject({ outcome: 'fields' });
        const received = 'fields' in decoded ? decoded.fields.map((entry) => [entry.name, entry.value]) : [];
        expect(received.filter(([name]) => name?.startsWith('x-'))).toEqual(sent);
      }),
      { numRuns: 200 },
    );
  });
});

const HEADERS = 1;
const SETTINGS = 4;
const PREFACE_BYTES = 24;

/** Speaks just enough HTTP/2 to answer each header block with one. */
function serveFrames(socket: Socket, answer: (block: Buffer) => Buffer): void {
  let received = Buffer.alloc(0);
  let at = PREFACE_BYTES;
  socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)));
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    while (received.length >= at + 9) {
      const length = received.readUIntBE(at, 3);
      if (received.length < at + 9 + length) return;
      const type = received[at + 3];
      const isAck = type === SETTINGS && received[at + 4] === 1;
      const payload = received.subarray(at + 9, at + 9 + length);
      if (type === SETTINGS && !isAck) socket.write(frame(SETTINGS, 1, 0, Buffer.alloc(0)));
      // END_STREAM and END_HEADERS.
      if (type === HEADERS) socket.write(frame(HEADERS, 5, received.readUInt32BE(at + 5), answer(payload)));
      at += 9 + length;
    }
  });
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
