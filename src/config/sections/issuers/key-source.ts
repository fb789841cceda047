import type * as z from 'zod';
import { list } from '../../../lib/wording.ts';
import type { JwksIssuer, KeysIssuer } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { readInlineKeys, readKeyFile } from './given-keys.ts';
import type { jwksSchema } from './key-server.ts';
import { readAccess } from './key-server.ts';

type Written = Exclude<z.output<typeof jwksSchema>, URL>;

/** Where the keys of an issuer with `jwks` come from: a server, or the configuration. */
export type KeySource = Pick<JwksIssuer, 'jwks' | 'access'> | Pick<KeysIssuer, 'keySet'>;

const SOURCES = ['url', 'file', 'keys'] as const;

/** Reads `jwks` of the issuer at `path`. Adds problems and returns `undefined` if it names no one source of keys. */
export function readKeySource(
  draft: Draft,
  path: Path,
  jwks: URL | Written,
  algorithms: readonly string[],
): KeySource | undefined {
  const at = [...path, 'jwks'];
  const written: Written = jwks instanceof URL ? { url: jwks } : jwks;
  const { url, file, keys, trustDomain } = written;
  const found = SOURCES.filter((source) => written[source] !== undefined);
  if (found.length !== 1) {
    if (found.length > 0 || !SOURCES.some((source) => draft.isMisspelt([...at, source]))) {
      draft.refuse(at, `expected exactly one of url, file and keys, found ${list(found, 'and') || 'none'}`);
    }
    return undefined;
  }
  if (trustDomain !== undefined && file === undefined) {
    draft.refuse([...at, 'trustDomain'], 'has no effect without file');
  }
  if (url !== undefined) {
    return { jwks: url, access: readAccess(draft, at, written, { url, urlPath: [...at, 'url'] }) };
  }
  refuseFetching(draft, path, written);
  const keySet =
    file === undefined
      ? readInlineKeys(draft, [...at, 'keys'], keys ?? [], algorithms)
      : readKeyFile(draft, [...at, 'file'], { file, trustDomain }, algorithms);
  return keySet === undefined ? undefined : { keySet };
}

/** Refuses what only concerns keys that are fetched. */
function refuseFetching(draft: Draft, path: Path, { headers, tokenFile, ca }: Written): void {
  const unused = Object.entries({ headers, tokenFile, ca }).filter(([, value]) => value !== undefined);
  const paths = unused.map(([key]) => [...path, 'jwks', key]);
  if (draft.valueAt([...path, 'maxStale']) !== undefined) paths.push([...path, 'maxStale']);
  for (const one of paths) draft.refuse(one, 'has no effect: these keys are not fetched from a server');
}
