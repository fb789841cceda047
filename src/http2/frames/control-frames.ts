import type { Output } from '../output.ts';
import { type ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader, writeUint32 } from './frame-format.ts';

/** RFC 9113, section 6.4. */
export function writeRstStream(output: Output, id: number, code: ErrorCode): void {
  const at = begin(output, 4, FrameType.RST_STREAM, 0, id);
  writeUint32(output.bytes, at, code);
}

/** RFC 9113, section 6.5. */
export function writeSettings(output: Output, settings: readonly (readonly [id: number, value: number])[]): void {
  let at = begin(output, settings.length * 6, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    at = output.bytes.writeUInt16BE(id, at);
    at = writeUint32(output.bytes, at, value);
  }
}

/** RFC 9113, section 6.5.3. */
export function writeSettingsAck(output: Output): void {
  begin(output, 0, FrameType.SETTINGS, Flag.ACK, 0);
}

/** RFC 9113, section 6.7. `data` has 8 bytes. */
export function writePing(output: Output, flags: number, data: Buffer): void {
  const at = begin(output, 8, FrameType.PING, flags, 0);
  data.copy(output.bytes, at);
}

/** RFC 9113, section 6.8. */
export function writeGoaway(output: Output, lastId: number, code: ErrorCode, detail: string): void {
  const at = begin(output, 8 + detail.length, FrameType.GOAWAY, 0, 0);
  writeUint32(output.bytes, at, lastId);
  writeUint32(output.bytes, at + 4, code);
  output.bytes.write(detail, at + 8, 'latin1');
}

/** RFC 9113, section 6.9. */
export function writeWindowUpdate(output: Output, id: number, increment: number): void {
  const at = begin(output, 4, FrameType.WINDOW_UPDATE, 0, id);
  writeUint32(output.bytes, at, increment);
}

/** Writes a header; returns where the payload begins. */
function begin(output: Output, length: number, type: number, flags: number, id: number): number {
  const at = output.reserve(FRAME_HEADER_BYTES + length);
  return writeFrameHeader(output.bytes, at, length, (type << 8) | flags, id);
}
