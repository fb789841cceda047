import { nearest } from '../../lib/nearest.ts';
import { list, quote } from '../../lib/wording.ts';
import type { Path } from './problems.ts';

/** Keys that the contract names but this version does not support, without list positions. */
const LATER = new Set(['listen.verify', 'listen.access', 'listen.extAuthz.mode', 'listen.tokens.mode']);

/** Below or next to these, an unknown key may be a part of a secret that was written inline and contains a comma. */
const SECRET_KEYS: ReadonlySet<string | number> = new Set(['secrets', 'sealWith', 'password', 'clientSecret', 'tls']);

/** The judgement of an unknown key. */
export interface UnknownKey {
  readonly message: string;
  /** The known key that it is probably a misspelling of. */
  readonly meant: string | undefined;
}

/** Words the problem of an unknown `key` in the map at `map`, whose keys are `known`. */
export function judgeUnknownKey(map: Path, key: string, known: readonly string[]): UnknownKey {
  const names = [...map, key].filter((step) => typeof step === 'string');
  if (LATER.has(names.join('.')))
    return { message: `${quote(key)} is not supported in this version`, meant: undefined };
  const meant = nearest(key, known);
  const advice = meant === undefined ? `expected ${list(known)}` : `did you mean ${quote(meant)}?`;
  const isNamed = meant !== undefined || ![...map, ...known].some((step) => SECRET_KEYS.has(step));
  return { message: `unknown key${isNamed ? ` ${quote(key)}` : ''}, ${advice}`, meant };
}
