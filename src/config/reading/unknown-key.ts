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
