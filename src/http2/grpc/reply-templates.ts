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

/**
 * The frames around a message, encoded once: only ids and lengths differ.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export interface ReplyTemplates {
  /** HEADERS, the header of DATA, the prefix of the message. */
  readonly opening: Buffer;
  /** For the first header block of a connection. */
  readonly firstOpening: Buffer;
  /** HEADERS that end the stream: the call succeeded. */
  readonly trailers: Buffer;
}

export function makeReplyTemplates(): ReplyTemplates {
  const end = Buffer.alloc(OPENING_END_BYTES);
  return {
    opening: Buffer.concat([headersFrame(OK, false, 0), end]),
    firstOpening: Buffer.concat([headersFrame(OK, true, 0), end]),
    trailers: headersFrame([['grpc-status', '0']], false, Flag.END_STREAM),
  };
}

/** A whole reply of one HEADERS frame. */
export function failureFrame(failure: UnaryFailure | HttpRefusal, isFirst: boolean): Buffer {
  const fields = 'code' in failure ? failureFields(failure) : refusalFields(failure);
  return headersFrame(fields, isFirst, Flag.END_STREAM);
}

function failureFields({ code, details }: UnaryFailure): readonly NewField[] {
  const fields: NewField[] = [...OK, ['grpc-status', String(code)]];
  if (details !== '') fields.push(['grpc-message', percentEncode(details)]);
  // A client that compresses learns that it must not.
  if (code === Status.UNIMPLEMENTED) fields.push(['grpc-accept-encoding', 'identity']);
  return fields;
}

function refusalFields({ status }: HttpRefusal): readonly NewField[] {
  return [[':status', String(status)], ...(status === 405 ? [['allow', 'POST'] as const] : [])];
}

/** `isFirst` on its connection: then it also says that this side uses no table (RFC 7541, section 4.2). */
function headersFrame(fields: readonly NewField[], isFirst: boolean, flags: number): Buffer {
  const block = Buffer.concat([isFirst ? Buffer.of(EMPTY_TABLE_UPDATE) : Buffer.alloc(0), encodeFields(fields)]);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(header, 0, block.length, (FrameType.HEADERS << 8) | Flag.END_HEADERS | flags, 0);
  return Buffer.concat([header, block]);
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
