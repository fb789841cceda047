import { describe, expect, it } from 'vitest';
import { HEADERS } from '../../../../test/support/ext-authz.ts';
import { decodeCheck } from '../decode.ts';
import { CheckReader } from './check-reader.ts';
import { writeVarint } from './message-writer.ts';
import { readMetadata } from './metadata-reader.ts';
import { readPeer } from './peer-reader.ts';

const TERMS = { isDisguised: (name: string) => HEADERS.isDisguised(name), wantedFields: new Set(['x-api-key']) };
const READER = new CheckReader({
  readClient: (source) => source && readPeer(Buffer.from(source)).address?.socket_address?.address,
});

function bytes(field: number, content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const length = Buffer.alloc(5);
  return Buffer.concat([Buffer.from([field * 8 + 2]), length.subarray(0, writeVarint(length, body.length, 0)), body]);
}

function message(field: number, ...parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}

/** A check with these fields of its HTTP request. */
function check(...http: readonly Buffer[]): Buffer {
  return message(1, message(4, message(2, ...http)));
}

function header(name: string, value: string): Buffer {
  return message(3, bytes(1, name), bytes(2, value));
}

function raw(...pairs: readonly Buffer[]): Buffer {
  return message(13, ...pairs.map((pair) => bytes(1, pair)));
}

const METHOD = bytes(2, 'GET');
const PATH = bytes(4, '/x');
const read = (bytesOfCheck: Buffer) => READER.read(bytesOfCheck, TERMS, undefined);

describe('CheckReader', () => {
  it.each<[what: string, check: Buffer]>([
    ['a method that occurs twice', check(METHOD, METHOD, PATH)],
    ['a path that occurs twice', check(PATH, METHOD, PATH)],
    ['a host that occurs twice', check(bytes(5, ''), bytes(5, 'a'))],
    ['two lists of header fields', check(raw(), raw())],
    ['two HTTP requests', message(1, message(4, message(2, METHOD), message(2, PATH)))],
    ['two requests', message(1, message(4, message(2, METHOD)), message(4, message(2, PATH)))],
    ['two sets of attributes', Buffer.concat([check(METHOD), check(PATH)])],
    ['two sources', message(1, bytes(1, ''), bytes(1, ''))],
    ['two sets of metadata', message(1, bytes(11, ''), bytes(11, ''))],
    ['a header field that occurs twice in the map', check(header('authorization', 'a'), header('authorization', 'b'))],
    ['a disguised header field that does', check(header('x_auth_subject', 'a'), header('x_auth_subject', 'a'))],
    ['a wanted one that does', check(header('x-api-key', 'a'), header('x-api-key', ''))],
    ['a value before its key', check(message(3, bytes(2, 'Bearer x'), bytes(1, 'authorization')))],
    ['a value before its key in the list', check(raw(Buffer.concat([bytes(3, 'x'), bytes(1, 'origin')])))],
    ['a header field with two keys', check(message(3, bytes(1, 'a'), bytes(1, 'authorization'), bytes(2, 'x')))],
    ['a header field with two values', check(message(3, bytes(1, 'a'), bytes(2, 'x'), bytes(2, 'y')))],
    ['two raw values', check(raw(Buffer.concat([bytes(1, 'a'), bytes(3, 'x'), bytes(3, 'y')])))],
    ['a path that is a number', check(METHOD, Buffer.from([0x20, 1]))],
    ['a key that is a number', check(message(3, Buffer.from([0x08, 1]), bytes(2, 'x')))],
    ['a group', check(METHOD, Buffer.from([0x33, 0x34]))],
    ['the end of a group', check(METHOD, Buffer.from([0x34]))],
    ['field 0', check(METHOD, Buffer.from([0x02, 0]))],
    ['an unknown wire type', check(METHOD, Buffer.from([0x77]))],
    ['a text that ends behind the message', check(METHOD, Buffer.from([0x22, 2, 0x2f]))],
    ['a message that ends behind the one around it', Buffer.from([0x0a, 2, 0x22, 4, 0x12, 2, 0x12, 0])],
    ['a tag that breaks off', check(Buffer.from([0x80]))],
    ['a length that breaks off', check(Buffer.from([0x12, 0x80]))],
    ['a tag of six bytes', check(Buffer.from([0x92, 0x80, 0x80, 0x80, 0x80, 0, 0]))],
    ['a length of six bytes', check(Buffer.from([0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0]))],
    ['a number of eleven bytes', check(Buffer.from([0x48, ...Array.from({ length: 10 }, () => 0x80), 0]))],
    ['a number that breaks off', check(Buffer.from([0x48, 0x80]))],
    ['a fixed number that breaks off', check(Buffer.from([0x49, 0, 0, 0, 0, 0, 0, 0]))],
  ])('refuses %s', (_, refused) => {
    expect(read(refused)).toEqual({ outcome: 'malformed' });
  });

  it.each<[what: string, check: Buffer, request: object]>([
    ['nothing', Buffer.alloc(0), { method: '', path: '', host: '', authorization: undefined }],
    ['fields in any order', check(PATH, header('authorization', 'a'), METHOD), { authorization: 'a', method: 'GET' }],
    ['a length in more bytes than it needs', check(Buffer.from([0x22, 0x81, 0x80, 0, 0x2f])), { path: '/' }],
    [
      'fields that it does not know',
      check(bytes(15, 'x'), Buffer.from([0x48, 1, 0x7d, 0, 0, 0, 0]), PATH),
      { path: '/x' },
    ],
    ['a key without a value', check(message(3, bytes(1, 'authorization'))), { authorization: '' }],
    ['a value without a key', check(message(3, bytes(2, 'a'))), { authorization: undefined }],
    [
      'a header field that occurs twice, but means nothing',
      check(header('a', 'x'), header('a', 'y'), PATH),
      { path: '/x' },
    ],
    [
      'the list of header fields and not the map, wherever that is',
      check(header('authorization', 'a'), raw(bytes(1, 'origin')), header('authorization', 'b')),
      { authorization: undefined, fromBrowser: true },
    ],
    ['the map beside an empty list', check(raw(), header('authorization', 'a')), { authorization: 'a' }],
    ['bytes that are no UTF-8', check(bytes(4, Buffer.from([0x2f, 0xff]))), { path: '/\ufffd' }],
    ['a long value', check(header('authorization', 'x'.repeat(20_000))), { authorization: 'x'.repeat(20_000) }],
  ])('reads %s', (_, accepted, request) => {
    expect(read(accepted)).toMatchObject({ outcome: 'decoded', request });
  });

  describe('of many header fields', () => {
    const inMap = (count: number, name: (index: number) => string): Buffer =>
      check(PATH, ...Array.from({ length: count }, (_, index) => header(name(index), 'v')));
    const inList = (count: number, name: (index: number) => string): Buffer =>
      check(PATH, raw(...Array.from({ length: count }, (_, i) => Buffer.concat([bytes(1, name(i)), bytes(3, 'v')]))));
    const names: readonly (readonly [what: string, name: (index: number) => string])[] = [
      ['that mean nothing', (index) => `x-h-${index}`],
      ['that only browsers send', (index) => `sec-fetch-${index}`],
    ];
    const TOO_LONG = { outcome: 'decoded', request: { flaw: 'check too long', path: '' } };

    it.each(names)('reads a thousand %s, and denies a check with more', (_, name) => {
      for (const form of [inMap, inList]) {
        expect(read(form(1_000, name))).toMatchObject({ outcome: 'decoded', request: { path: '/x' } });
        expect(read(form(1_000, name))).not.toMatchObject(TOO_LONG);
        expect(read(form(1_001, name))).toMatchObject(TOO_LONG);
      }
      expect(read(check(PATH))).toMatchObject({ request: { path: '/x' } });
    });

    it.each(['mcp-name', 'content-type', 'authorization', 'x-api-key', 'x_auth_subject'])(
      'reads as many in a list that are called %s',
      (name) => {
        expect(read(inList(1_000, () => name))).toMatchObject({ outcome: 'decoded', request: { path: '/x' } });
        expect(read(inList(20_000, () => name))).toMatchObject(TOO_LONG);
      },
    );

    it('finds a name that occurs twice among them', () => {
      const twice = (index: number): string => `sec-fetch-${index === 999 ? 0 : index}`;
      expect(read(inMap(1_000, twice))).toEqual({ outcome: 'malformed' });
    });

    it('counts those of the list alone, if there is one', () => {
      const map = Array.from({ length: 600 }, (_, index) => header(`x-${index}`, 'v'));
      const list = Array.from({ length: 600 }, (_, index) => Buffer.concat([bytes(1, `x-${index}`), bytes(3, 'v')]));
      expect(read(check(PATH, ...map, raw(...list)))).toMatchObject({ request: { path: '/x' } });
    });

    it('says the same as the proto loader', () => {
      const headers = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']));
      const decoded = (count: number) =>
        decodeCheck({ attributes: { request: { http: { path: '/x', headers: headers(count) } } } }, TERMS);
      expect(decoded(1_000)).toMatchObject({ request: { path: '/x' } });
      expect(decoded(1_001)).toMatchObject(TOO_LONG);
    });
  });

  it('reads the names of a configuration, and those of the next one', () => {
    const twoNames = check(header('x-api-key', 'a'), header('x-other', 'b'));
    const fieldsWith = (wanted: string) => {
      const found = READER.read(twoNames, { ...TERMS, wantedFields: new Set([wanted]) }, undefined);
      return found.outcome === 'decoded' && found.request.fields;
    };
    expect(fieldsWith('x-api-key')).toEqual(new Map([['x-api-key', 'a']]));
    expect(fieldsWith('x-other')).toEqual(new Map([['x-other', 'b']]));
  });

  it('takes no name for another one of the same length and the same bytes at its ends', () => {
    const names = ['authorization', 'authorizatian', 'aathorization', 'x_auth_subject', 'x_auth_sabject'];
    for (const name of [...names, ...names.toReversed()]) {
      expect(read(check(header(name, 'v')))).toMatchObject({
        request: { authorization: name === 'authorization' ? 'v' : undefined },
        shown: { disguised: name === 'x_auth_subject' ? [name] : [] },
      });
    }
  });

  describe('of the client, reads', () => {
    const source = message(1, message(1, message(1, bytes(2, '192.0.2.1'))));
    const sent = Buffer.from(message(1, source, message(4, message(2, METHOD))));

    function clientOf(prepare: (unread: { detach(): void; release(): void } | undefined) => void): string | undefined {
      const changing = Buffer.from(sent);
      const found = read(changing);
      if (found.outcome !== 'decoded') throw new Error('malformed');
      prepare(found.unread);
      changing.fill(0x31);
      return found.request.client?.();
    }

    it('nothing of a message that has changed', () => {
      expect(clientOf((unread) => unread?.detach())).toBe('192.0.2.1');
      expect(clientOf((unread) => unread?.release())).toBeUndefined();
    });
  });
});

describe('readPeer()', () => {
  const address = message(1, message(1, bytes(2, '192.0.2.1')));

  it('reads the address and the certificate', () => {
    const peer = Buffer.concat([address, bytes(2, 'service'), bytes(5, 'pem')]);
    expect(readPeer(peer)).toEqual({ address: { socket_address: { address: '192.0.2.1' } }, certificate: 'pem' });
    expect(readPeer(Buffer.alloc(0)).certificate).toBe('');
  });

  it.each([
    ['two addresses', Buffer.concat([address, address])],
    ['two certificates', Buffer.concat([bytes(5, 'a'), bytes(5, 'b')])],
    ['a certificate that is a number', Buffer.from([0x28, 1])],
    ['an address that breaks off', address.subarray(0, -1)],
  ])('throws for %s', (_, peer) => {
    expect(() => readPeer(peer)).toThrow('the peer cannot be read');
  });
});

describe('readMetadata()', () => {
  const field = (key: string, ...kinds: readonly Buffer[]) => message(1, bytes(1, key), message(2, ...kinds));
  const namespace = (...fields: readonly Buffer[]) => message(1, bytes(1, 'n'), message(2, ...fields));
  const TWO = Buffer.from([0x11, 0, 0, 0, 0, 0, 0, 0, 0x40]);

  it('reads nothing in a namespace without fields, or without a value', () => {
    expect(readMetadata(namespace()).filter_metadata).toEqual({ n: {} });
    expect(readMetadata(message(1, bytes(1, 'n'))).filter_metadata).toEqual({ n: {} });
  });

  it('reads texts, numbers, booleans and messages, and only that there is another value', () => {
    const metadata = namespace(
      field('text', bytes(3, 'x')),
      field('number', TWO),
      field('yes', Buffer.from([0x20, 1])),
      field('null', Buffer.from([0x08, 0])),
      field('list', bytes(6, '')),
      field('__proto__', message(5, field('deep', message(5, field('deeper', message(5)))))),
    );
    const deep = { structValue: { fields: { deeper: {} } } };
    expect(Object.entries(readMetadata(metadata).filter_metadata?.['n']?.fields ?? {})).toEqual([
      ['text', { stringValue: 'x' }],
      ['number', { numberValue: 2 }],
      ['yes', { boolValue: true }],
      ['null', {}],
      ['list', {}],
      ['__proto__', { structValue: { fields: { deep } } }],
    ]);
  });

  it.each([
    ['a namespace that occurs twice', Buffer.concat([namespace(), namespace()])],
    ['a key that occurs twice', namespace(field('a', TWO), field('a', TWO))],
    ['a value of two kinds', namespace(field('a', TWO, bytes(3, 'x')))],
    ['a value before its key', message(1, message(2), bytes(1, 'n'))],
    ['two values', message(1, bytes(1, 'n'), message(2), message(2))],
    ['a text that is a number', namespace(field('a', Buffer.from([0x18, 1])))],
    ['a number that is a text', namespace(field('a', bytes(2, '12345678')))],
    [
      'a number that is a varint',
      namespace(field('a', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]))),
    ],
    ['what breaks off', namespace().subarray(0, -1)],
  ])('throws for %s', (_, metadata) => {
    expect(() => readMetadata(metadata)).toThrow('the metadata of the request cannot be read for certain');
  });
});
