/** The bytes before a payload: its length in 3, type, flags, and the stream's id in 4. RFC 9113, section 4.1. */
export const FRAME_HEADER_BYTES = 9;

/** The least and the default SETTINGS_MAX_FRAME_SIZE, and the largest; this library takes no longer frames. Section 4.2. */
export const FRAME_BYTES = 16_384;
export const LARGEST_FRAME = 16_777_215;

/** The largest stream id, window and increment. Sections 5.1.1 and 6.9.1. */
export const LARGEST = 0x7fff_ffff;

/** The window that each side has without a word of the other. Section 6.9.2. */
export const INITIAL_WINDOW = 65_535;

/** Section 6. */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
};

export const Flag = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 };

/** Section 6.5.2. */
export const SettingId = { ENABLE_PUSH: 2, INITIAL_WINDOW_SIZE: 4, MAX_FRAME_SIZE: 5 };

/** Section 7. */
export const ErrorCode = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Writes a frame's header; returns where its payload begins. */
export function writeFrameHeader(into: Buffer, at: number, length: number, typeAndFlags: number, id: number): number {
  writeUint32(into, at, (length << 8) | (typeAndFlags >>> 8));
  into[at + 4] = typeAndFlags;
  return writeUint32(into, at + 5, id);
}

/** Returns where the next byte belongs. */
export function writeUint32(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

/** Returns 31 bits: the first one is reserved wherever an id or an increment has it. */
export function readUint31(from: Buffer, at: number): number {
  return readUint32(from, at) & LARGEST;
}

export function readUint32(from: Buffer, at: number): number {
  const high = ((from[at] ?? 0) << 24) | ((from[at + 1] ?? 0) << 16);
  return (high | ((from[at + 2] ?? 0) << 8) | (from[at + 3] ?? 0)) >>> 0;
}

/** A payload of numbers with 32 bits. */
export function words(...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => writeUint32(payload, 4 * at, value));
  return payload;
}

/** A payload of SETTINGS. Section 6.5.1. */
export function settingsPayload(table: number, streams: number, window: number, list: number): Buffer {
  const settings = [[1, table] as const, [3, streams] as const, [4, window] as const, [6, list] as const];
  return Buffer.concat(settings.map(([id, value]) => Buffer.concat([Buffer.of(0, id), words(value)])));
}
