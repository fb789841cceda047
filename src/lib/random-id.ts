import { randomBytes } from 'node:crypto';

/**
 * `length` random characters that are safe in a URL (base64url, 6 bits each). The first is never `-`, which a command
 * line would take for an option.
 */
export function randomId(length: number): string {
  const id = randomBytes(length).toString('base64url').slice(0, length);
  return id.startsWith('-') ? randomId(length) : id;
}

/** Whether {@link randomId} could have made it with that length. Accepts `-` in front, as older versions made. */
export function isRandomId(text: string, length: number): boolean {
  return text.length === length && /^[\w-]+$/.test(text);
}
