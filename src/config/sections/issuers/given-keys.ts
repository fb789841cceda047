import type { JwkFlaw } from '../../../lib/jose/jwk.ts';
import { jwkFlaw, mayVerify, readJwk } from '../../../lib/jose/jwk.ts';
import type { JsonObject } from '../../../lib/json-object.ts';
import { isObject } from '../../../lib/json-object.ts';
import { decodeUtf8, parseJson } from '../../../lib/utf8.ts';
import { list } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';

/** As for a key set that is fetched. */
const MAX_BYTES = 512 * 1024;
/** So many keys are in use of a key set. */
const MAX_KEYS = 100;

const FLAWS: Readonly<Record<JwkFlaw, string>> = {
  private: 'this is a private key: write its public half, without d, p, q, dp, dq, qi, oth and priv',
  symmetric: 'this is a symmetric key, which is a secret: use secrets: [{ env: NAME }] in place of jwks',
  use: 'this key is not for signatures: expected use sig or none, and key_ops with verify or none',
};
const UNUSABLE =
  'expected a public key that Sallyport can use: RSA with at least 2048 bits, EC on P-256, P-384 or P-521, or Ed25519';
const NO_KEY_SET = 'expected a file with a JWK Set, which is JSON such as {"keys":[…]}';

/** Reads the keys at `path` as a JWK Set, in JSON. Adds a problem for each that no algorithm of the issuer can use. */
export function readInlineKeys(
  draft: Draft,
  path: Path,
  keys: readonly JsonObject[],
  algorithms: readonly string[],
): string {
  if (keys.length > MAX_KEYS) draft.refuse(path, `expected at most ${MAX_KEYS} keys`);
  for (const [index, key] of keys.entries()) {
    const problem = keyProblem(key, algorithms);
    if (problem !== undefined) draft.refuse([...path, index], problem);
  }
  return JSON.stringify({ keys });
}

function keyProblem(jwk: JsonObject, algorithms: readonly string[]): string | undefined {
  const flaw = jwkFlaw(jwk);
  if (flaw !== undefined) return FLAWS[flaw];
  const key = readJwk(jwk);
  if (key === undefined) return UNUSABLE;
  if (algorithms.some((algorithm) => mayVerify(key, algorithm))) return undefined;
  return `this key is not for ${list(algorithms)} (algorithms): compare its type, curve and alg`;
}

/**
 * Reads the file with a JWK Set that the value at `path` names, and returns the set. Keys of other uses and types are
 * ignored, as in a set that is fetched. Adds a problem, which quotes nothing of the file, and returns `undefined` if it
 * holds a private or a symmetric key, or none that an algorithm of the issuer can use.
 *
 * @param trustDomain the SPIFFE trust domain whose bundle to take from a file with several.
 */
export function readKeyFile(
  draft: Draft,
  path: Path,
  written: { readonly file: string; readonly trustDomain: string | undefined },
  algorithms: readonly string[],
): string | undefined {
  if (draft.lacksFile(path, written.file)) return '{"keys":[]}';
  const contents = draft.readFile(path, written.file);
  if (contents === undefined) return undefined;
  const set = keySetIn(contents, written.trustDomain);
  const problem = 'problem' in set ? set.problem : setProblem(set.text, algorithms);
  if (problem !== undefined) draft.refuse(path, problem);
  return 'problem' in set ? undefined : set.text;
}

type FoundSet = { readonly text: string } | { readonly problem: string };

/** The helper of SPIFFE writes the bundles of several trust domains into one object: each as base64, by its domain. */
function keySetIn(contents: Buffer, trustDomain: string | undefined): FoundSet {
  if (contents.length > MAX_BYTES) return { problem: `the file is larger than ${MAX_BYTES / 1024} KiB` };
  const text = decodeUtf8(contents)?.replace(/^\uFEFF/, '');
  if (trustDomain === undefined) return text === undefined ? { problem: NO_KEY_SET } : { text };
  const bundles = parseJson(text ?? '');
  if (!isObject(bundles)) return { problem: 'expected a file with the JWT bundles of trust domains, as JSON' };
  const bundle = Object.hasOwn(bundles, trustDomain) ? bundles[trustDomain] : undefined;
  const decoded = typeof bundle === 'string' ? decodeUtf8(Buffer.from(bundle, 'base64')) : undefined;
  return decoded === undefined ? { problem: 'the file has no JWT bundle of this trustDomain' } : { text: decoded };
}

function setProblem(text: string, algorithms: readonly string[]): string | undefined {
  const set = parseJson(text);
  const keys: unknown = isObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) return NO_KEY_SET;
  const jwks = keys.map((key: unknown): JsonObject => (isObject(key) ? key : {}));
  const flaws = jwks.map(jwkFlaw);
  const exposed = flaws.findIndex((flaw) => flaw === 'private' || flaw === 'symmetric');
  const flaw = flaws[exposed];
  if (flaw !== undefined) return `key ${exposed + 1} of the file: ${FLAWS[flaw]}`;
  if (jwks.length > MAX_KEYS) return `the file has more than ${MAX_KEYS} keys`;
  const usable = jwks.flatMap((jwk, index) => (flaws[index] === undefined ? (readJwk(jwk) ?? []) : []));
  const fitting = usable.filter((key) => algorithms.some((algorithm) => mayVerify(key, algorithm)));
  if (fitting.length > 0) return undefined;
  return `the file has no key for ${list(algorithms)} (algorithms): compare type, curve and alg of its keys`;
}
