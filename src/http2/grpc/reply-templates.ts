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

/** The frames around a message, encoded once: only ids and lengths differ. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export interface ReplyTemplates {
  /** HEADERS, the header of DATA, the prefix of the message. */
  readonly opening: Buffer;
  /** For the first header block of a connection: it also says that this side uses no table (RFC 7541, section 4.2). */
  readonly firstOpening: Buffer;
  /** HEADERS that end the stream: the call succeeded. */
  readonly trailers: Buffer;
}

export function makeReplyTemplates(): ReplyTemplates {
  const end = Buffer.alloc(OPENING_END_BYTES);
  const block = encodeFields(OK);
  return {
    opening: Buffer.concat([headersFrame(block, 0), end]),
    firstOpening: Buffer.concat([headersFrame(firstBlock(block), 0), end]),
    trailers: headersFrame(encodeFields([['grpc-status', '0']]), Flag.END_STREAM),
  };
}

/** A whole reply of one HEADERS frame, for a call that failed. */
export function failureFrame({ code, details }: UnaryFailure, isFirst: boolean): Buffer {
  const fields: NewField[] = [...OK, ['grpc-status', String(code)]];
  if (details !== '') fields.push(['grpc-message', percentEncode(details)]);
  // A client that compresses learns that it must not.
  if (code === Status.UNIMPLEMENTED) fields.push(['grpc-accept-encoding', 'identity']);
  return lastFrame(fields, isFirst);
}

/** A whole reply of one HEADERS frame, to a request that is none of gRPC. */
export function refusalFrame({ status }: HttpRefusal, isFirst: boolean): Buffer {
  const fields: NewField[] = [[':status', String(status)]];
  if (status === 405) fields.push(['allow', 'POST']);
  return lastFrame(fields, isFirst);
}

function lastFrame(fields: readonly NewField[], isFirst: boolean): Buffer {
  const block = encodeFields(fields);
  return headersFrame(isFirst ? firstBlock(block) : block, Flag.END_STREAM);
}

function firstBlock(block: Buffer): Buffer {
  return Buffer.concat([Buffer.of(EMPTY_TABLE_UPDATE), block]);
}

function headersFrame(block: Buffer, flags: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + block.length);
  writeFrameHeader(frame, 0, block.length, (FrameType.HEADERS << 8) | Flag.END_HEADERS | flags, 0);
  block.copy(frame, FRAME_HEADER_BYTES);
  return frame;
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
