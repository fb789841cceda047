/** A number of at most 8 digits, and its unit. */
const FORM = /^(\d{1,8})([HMSmun])$/;

/** In milliseconds. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Returns the milliseconds of a `grpc-timeout`; `undefined` if it has another form.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function parseGrpcTimeout(value: string): number | undefined {
  const [, digits, unit] = FORM.exec(value) ?? [];
  const unitMs = unit === undefined ? undefined : UNITS[unit];
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}
