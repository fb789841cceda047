import { ErrorCode, FRAME_BYTES, LARGEST, readUint32 } from './frame-format.ts';

/** The settings that this library uses or checks. RFC 9113, section 6.5.2. */
export const SettingId = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

const SETTING_BYTES = 6;
const LARGEST_FRAME = 0xff_ffff;

/** What a SETTINGS frame says: a new initial window, or nothing that matters here; or what is wrong with it. */
export type ClientSettings =
  | { readonly outcome: 'taken'; readonly initialWindow: number | undefined }
  | { readonly outcome: 'wrong'; readonly code: ErrorCode };

/** Reads a SETTINGS frame. This side neither pushes nor has a table nor writes long frames, so most of it does not matter. */
export function readSettings(bytes: Buffer, start: number, end: number): ClientSettings {
  if ((end - start) % SETTING_BYTES !== 0) return { outcome: 'wrong', code: ErrorCode.FRAME_SIZE_ERROR };
  let initialWindow: number | undefined;
  for (let at = start; at < end; at += SETTING_BYTES) {
    const id = bytes.readUInt16BE(at);
    const value = readUint32(bytes, at + 2);
    const code = wrongValue(id, value);
    if (code !== undefined) return { outcome: 'wrong', code };
    if (id === SettingId.INITIAL_WINDOW_SIZE) initialWindow = value;
  }
  return { outcome: 'taken', initialWindow };
}

function wrongValue(id: number, value: number): ErrorCode | undefined {
  if (id === SettingId.ENABLE_PUSH && value > 1) return ErrorCode.PROTOCOL_ERROR;
  if (id === SettingId.INITIAL_WINDOW_SIZE && value > LARGEST) return ErrorCode.FLOW_CONTROL_ERROR;
  const isFrameSize = value >= FRAME_BYTES && value <= LARGEST_FRAME;
  return id === SettingId.MAX_FRAME_SIZE && !isFrameSize ? ErrorCode.PROTOCOL_ERROR : undefined;
}
