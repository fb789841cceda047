import { nearest } from '../../lib/nearest.ts';
import { list, quote } from '../../lib/wording.ts';
import type { Path } from './problems.ts';

/** Below or next to these, an unknown key may be a part of a secret that was written inline and contains a comma. */
const SECRET_KEYS: ReadonlySet<string | number> = new Set([
  'clientSecret',
  'encoding',
  'password',
  'sealWith',
  'secrets',
  'tls',
  'tokenFile',
]);

/** Maps of header fields that a key server receives stand below these. */
const KEY_SERVERS: ReadonlySet<string | number | undefined> = new Set(['jwks', 'discovery']);
/** The names of fields that a message may quote. A part of a secret is hardly ever of this form. */
const FIELD_NAME = /^(?:authorization|cookie|x(?:-[a-z]{1,20}){1,4})$/i;

/**
 * Returns the part of a path that a message may name. Any name may stand in a map of header fields, so a part of a secret
 * that was written inline and contains a comma is a name there; the path ends before it.
 */
export function publicPath(path: Path): Path {
  const end = path.findIndex((step, index) => step === 'headers' && KEY_SERVERS.has(path[index - 1])) + 1;
  const name = path[end];
  return end === 0 || name === undefined || FIELD_NAME.test(String(name)) ? path : path.slice(0, end);
}

/** The judgement of an unknown key. */
export interface UnknownKey {
  readonly message: string;
  /** The known key that it is probably a misspelling of. */
  readonly meant: string | undefined;
}

/** Words the problem of an unknown `key` in the map at `map`, whose keys are `known`. */
export function judgeUnknownKey(map: Path, key: string, known: readonly string[]): UnknownKey {
  const meant = nearest(key, known);
  const advice = meant === undefined ? `expected ${list(known)}` : `did you mean ${quote(meant)}?`;
  const isNamed = meant !== undefined || ![...map, ...known].some((step) => SECRET_KEYS.has(step));
  return { message: `unknown key${isNamed ? ` ${quote(key)}` : ''}, ${advice}`, meant };
}
