import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from '../frames/frame-format.ts';
import { EMPTY_TABLE_UPDATE, encodeFields, type NewField } from '../hpack/encoder.ts';
import type { UnaryFailure } from '../unary.ts';
import type { HttpRefusal } from './request-head.ts';
import { Status } from './status-code.ts';

/** Before a gRPC message: whether it is compressed, and its length. */
export const MESSAGE_PREFIX_BYTES = 5;

/** Behind the HEADERS frame of an opening: the header of the DATA frame, and the prefix of the message. */
export const OPENING_END_BYTES = FRAME_HEADER_BYTES + MESSAGE_PREFIX_BYTES;

const OK: readonly NewField[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

const LONGEST_DETAILS = 1000;

/** Frames that are encoded once: only ids and lengths differ. */
export type ReplyTemplates = ReturnType<typeof makeReplyTemplates>;

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export function makeReplyTemplates() {
  const end = Buffer.alloc(OPENING_END_BYTES);
  return {
    /** HEADERS, the header of DATA, the prefix of the message. */
    opening: Buffer.concat([headersFrame(OK, false, 0), end]),
    /** For the first header block of a connection. */
    firstOpening: Buffer.concat([headersFrame(OK, true, 0), end]),
    /** HEADERS that end the stream: the call succeeded. */
    trailers: headersFrame([['grpc-status', '0']], false, Flag.END_STREAM),
    /** DATA that end the stream. */
    dataEnd: frameOf(FrameType.DATA, Flag.END_STREAM, Buffer.alloc(0)),
    /** The whole reply to a call that failed: a HEADERS frame. */
    failure: remembered(failureFrame),
    /** The HEADERS frame ahead of the text of a refusal. */
    refusal: remembered(refusalFrame),
  };
}

/** Encodes what is answered again and again only once: a client that provokes it pays more than this side. */
function remembered<Reply extends object>(encode: (reply: Reply, isFirst: boolean) => Buffer): typeof encode {
  const frames = new WeakMap<Reply, Buffer>();
  return (reply, isFirst) => {
    const frame = (isFirst ? undefined : frames.get(reply)) ?? encode(reply, isFirst);
    if (!isFirst) frames.set(reply, frame);
    return frame;
  };
}

function failureFrame({ code, details }: UnaryFailure, isFirst: boolean): Buffer {
  const fields: NewField[] = [...OK, ['grpc-status', String(code)]];
  if (details !== '') fields.push(['grpc-message', percentEncode(details)]);
  // A client that compresses learns that it must not.
  if (code === Status.UNIMPLEMENTED) fields.push(['grpc-accept-encoding', 'identity']);
  return headersFrame(fields, isFirst, Flag.END_STREAM);
}

function refusalFrame({ status }: HttpRefusal, isFirst: boolean): Buffer {
  const allow: readonly NewField[] = status === 405 ? [['allow', 'POST']] : [];
  return headersFrame([[':status', String(status)], ['content-type', 'text/plain'], ...allow], isFirst, 0);
}

/** `isFirst` on its connection: then it also says that this side uses no table (RFC 7541, section 4.2). */
function headersFrame(fields: readonly NewField[], isFirst: boolean, flags: number): Buffer {
  const block = encodeFields(fields);
  const whole = isFirst ? Buffer.concat([Buffer.of(EMPTY_TABLE_UPDATE), block]) : block;
  return frameOf(FrameType.HEADERS, Flag.END_HEADERS | flags, whole);
}

function frameOf(type: number, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(header, 0, payload.length, (type << 8) | flags, 0);
  return Buffer.concat([header, payload]);
}

/** For `grpc-message`: the bytes of UTF-8, those outside visible ASCII and the percent sign escaped. */
function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text.slice(0, LONGEST_DETAILS))) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  // Spaces are plain, except at the ends of a field.
  return encoded.replaceAll(/(?<!^)%20(?!$)/g, ' ');
}
