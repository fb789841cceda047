import { nearest } from '../../lib/nearest.ts';
import { list, quote } from '../../lib/wording.ts';
import type { Path } from './problems.ts';

/** Keys that the contract names and this version lacks, list positions left out. */
const LATER = new Set(['listen.verify', 'listen.access', 'listen.extAuthz.mode', 'listen.tokens.mode']);

/** Below or beside these an unknown key may be a part of a secret that was written inline: one with a comma in it. */
const SECRET_KEYS: ReadonlySet<string | number> = new Set(['secrets', 'sealWith', 'password', 'clientSecret', 'tls']);

/** What is to be said of a key that its map does not have. */
export interface UnknownKey {
  readonly message: string;
  /** The known key that it is a slip of, if it is one. */
  readonly meant: string | undefined;
}

/** Judges the `key` of the map at `map`, which has none but the `known` ones. */
export function judgeUnknownKey(map: Path, key: string, known: readonly string[]): UnknownKey {
  const names = [...map, key].filter((step) => typeof step === 'string');
  if (LATER.has(names.join('.'))) return { message: `${quote(key)} is not part of this version yet`, meant: undefined };
  const meant = nearest(key, known);
  const advice = meant === undefined ? `expected ${list(known)}` : `did you mean ${quote(meant)}?`;
  const isNamed = meant !== undefined || ![...map, ...known].some((step) => SECRET_KEYS.has(step));
  return { message: `unknown key${isNamed ? ` ${quote(key)}` : ''}, ${advice}`, meant };
}
