import { encodeFields, type NewField } from '../../../src/http2/hpack/encoder.ts';

/** A frame of HTTP/2, as a client sends or reads it. RFC 9113, section 4.1. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A setting's number and value. */
export type Setting = readonly [id: number, value: number];

export const settings = (...pairs: readonly Setting[]): Buffer => {
  const payload = pairs.map(([id, value]) => Buffer.concat([uint32(id).subarray(2), uint32(value)]));
  return frame(4, 0, 0, Buffer.concat(payload));
};
export const settingsAck = (): Buffer => frame(4, ACK, 0);
export const ping = (data = 'pingpong', flags = 0): Buffer => frame(6, flags, 0, Buffer.from(data));
export const rstStream = (id: number, code = 8): Buffer => frame(3, 0, id, uint32(code));
export const windowUpdate = (id: number, increment: number): Buffer => frame(8, 0, id, uint32(increment));

/** The fields of a call of this method, and those that differ or are added. */
export function callFields(path: string, ...others: readonly NewField[]): NewField[] {
  const usual: NewField[] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'server'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
  ];
  const changed = usual.map((field) => others.find(([name]) => name === field[0]) ?? field);
  return [...changed, ...others.filter(([name]) => !usual.some((field) => field[0] === name))];
}

export function headers(id: number, fields: readonly NewField[], flags = END_HEADERS): Buffer {
  return frame(1, flags, id, encodeFields(fields));
}

export function continuation(id: number, payload: Uint8Array, flags = 0): Buffer {
  return frame(9, flags, id, payload);
}

export function data(id: number, payload: Uint8Array, flags = END_STREAM): Buffer {
  return frame(0, flags, id, payload);
}

/** A gRPC message with its prefix. */
export function prefixed(message: Uint8Array | string, flag = 0): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.of(flag), uint32(bytes.length), bytes]);
}

/** The frames of a whole call. */
export function call(id: number, path: string, message: Uint8Array | string = 'question'): Buffer {
  return Buffer.concat([headers(id, callFields(path)), data(id, prefixed(message))]);
}
