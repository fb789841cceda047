/** The trace that a request belongs to (W3C Trace Context, section 3.2). */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** The caller's span: 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Whether the caller records the trace. */
  readonly isSampled: boolean;
}

const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
/** No later version is known; this bounds what one may append. */
const MAX_LENGTH = 512;
/** The only version that exists. A later one may append fields. */
const VERSION = '00';
const SAMPLED = 1;
/** The index of the last digit of the flags, whose lowest bit is the flag of a sampled trace. */
const FLAGS_END = 54;

/** Reads a field value strictly: any deviation, such as an upper-case digit or a second value, gives `undefined`. */
export function readTraceParent(value: string | undefined): TraceParent | undefined {
  if (value === undefined || value.length > MAX_LENGTH) return undefined;
  const [, version, traceId, spanId, flags, more] = FORM.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === VERSION && more !== undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Whether a field value may be that of a sampled trace: a cheap check before {@link readTraceParent}. */
export function maySample(value: string): boolean {
  const digit = Number.parseInt(value.charAt(FLAGS_END), 16);
  return (digit & SAMPLED) !== 0;
}
