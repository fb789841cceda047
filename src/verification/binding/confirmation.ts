import type { Binding } from '../../core/binding/binding.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { isObject, membersOf } from '../../lib/json-object.ts';

/** What `cnf` says of a token. `unsupported`: it is bound to something whose possession Sallyport cannot check. */
export type Confirmation =
  | { readonly outcome: 'bound'; readonly binding: Binding }
  | { readonly outcome: 'unbound' | 'unsupported' };

const SUPPORTED: ReadonlySet<string> = new Set(['x5t#S256', 'jkt']);

/**
 * Reads the claim `cnf` of a JWT or of an introspection response (RFC 7800, section 3.1; RFC 8705, sections 3.1 and 3.2; RFC 9449, section 6).
 * A token is bound to each member, so one that is not supported makes the whole token unsupported. Empty members are
 * absent.
 */
export function readConfirmation({ cnf }: JsonObject): Confirmation {
  if (cnf === undefined) return { outcome: 'unbound' };
  if (!isObject(cnf)) return { outcome: 'unsupported' };
  const members = membersOf(cnf);
  const names = Object.keys(members);
  if (names.length === 0) return { outcome: 'unbound' };
  const certificate = readSha256(members['x5t#S256']);
  const key = readSha256(members['jkt']);
  const isRead = (name: string): boolean => (name === 'jkt' ? key : certificate) !== undefined;
  const isSupported = names.every((name) => SUPPORTED.has(name) && isRead(name));
  return isSupported ? { outcome: 'bound', binding: { certificate, key } } : { outcome: 'unsupported' };
}

const SHA256 = /^[\w-]{43}$/;

/**
 * A SHA-256 in base64url, in its canonical spelling. Any value of the two unused bits is accepted: the example of RFC 8705,
 * section 3.1, sets one.
 */
function readSha256(value: unknown): string | undefined {
  if (typeof value !== 'string' || !SHA256.test(value)) return undefined;
  return Buffer.from(value, 'base64url').toString('base64url');
}
