import { createHash } from 'node:crypto';

/** The SHA-256 of a script; the ends of its lines, and blanks at its end, do not count. */
export function digestOf(code: string): string {
  return createHash('sha256').update(code.replaceAll('\r\n', '\n').trimEnd()).digest('hex');
}
