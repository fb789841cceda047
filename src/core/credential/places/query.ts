import type { FoundCredential } from './found-credential.ts';
import { ABSENT, AMBIGUOUS, foundToken, SEVERAL } from './found-credential.ts';

/** What separates parameters for some server. Envoy, which removes the credential, knows `&` alone. */
const SEPARATORS = /[&;?#]/;

/**
 * Reads one parameter of a request target's query (RFC 6750, section 2.3), percent-decoded.
 *
 * The gateway removes the parameter by its exact name. So it is ambiguous if a server could read a parameter of this name
 * elsewhere: percent-encoded, in another letter case, behind `;` or with `[]`.
 */
export function findParameter(target: string, name: string): FoundCredential {
  const query = queryOf(target);
  const exact = query.split('&').filter((part) => nameOf(part) === name);
  const similar = query.split(SEPARATORS).filter((part) => isLike(nameOf(part), name));
  if (similar.length === 0) return ABSENT;
  if (similar.length > exact.length) return AMBIGUOUS;
  if (exact.length > 1) return SEVERAL;
  const token = decoded(exact[0]?.slice(name.length + 1) ?? '');
  return token === undefined ? AMBIGUOUS : foundToken(token);
}

/** Whether the query has the parameter by its exact name, as the gateway reads it. */
export function hasParameter(target: string, name: string): boolean {
  return queryOf(target)
    .split('&')
    .some((part) => nameOf(part) === name);
}

/** Without the `?`; empty if there is none. */
function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? '' : target.slice(start + 1);
}

function nameOf(parameter: string): string {
  const end = parameter.indexOf('=');
  return end < 0 ? parameter : parameter.slice(0, end);
}

/** Whether some server could take a parameter's name, or a part of it that it separates only once it is decoded, for this one. */
function isLike(written: string, name: string): boolean {
  const folded = fold(name);
  return decodedName(written)
    .split(ENDS)
    .some((part) => fold(part.split('[')[0] ?? '') === folded);
}

/** What ends a name for a server that decodes before it separates. */
const ENDS = /[=&;?#]/;
/** No chain of servers decodes a name more often. */
const MAX_DECODINGS = 3;

function decodedName(written: string): string {
  let text = written;
  for (let times = 0; times < MAX_DECODINGS && text.includes('%'); times++) text = percentDecoded(text);
  return text;
}

/** Folds what PHP and others treat alike. */
function fold(name: string): string {
  const words = name.split(/[^a-z0-9]+/i).filter((word) => word !== '');
  return words.join('_').toLowerCase();
}

/** `undefined` if a percent sign begins no escape. */
function decoded(value: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(value)) return undefined;
  return percentDecoded(value);
}

/** Each byte becomes one character. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
