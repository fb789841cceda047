import { decodeBase64url, decodeUtf8, wasDecoded, withoutNewline } from '../../lib/utf8.ts';
import { Secret } from '../secret.ts';
import type { Draft } from './draft.ts';
import type { Path } from './problems.ts';
import type { SecretReference } from './secret-schema.ts';

/** Names that a message may quote. Any other may be a secret that was written in place of the name. */
const CONVENTIONAL = /^[A-Z][A-Z0-9_]*$/;

/**
 * Reads the secret that the reference at `path` names. Adds a problem, which does not quote the secret, and returns
 * `undefined` if it is missing, empty, wrongly encoded or shorter than `minBytes`.
 *
 * @param user names in the message what needs that many bytes.
 */
export function readSecret(
  draft: Draft,
  path: Path,
  reference: SecretReference,
  minBytes: number,
  user: string,
): Secret | undefined {
  if (isAbsent(draft, path, reference)) return new Secret(Buffer.from('x'.repeat(minBytes)));
  const written = fetchBytes(draft, path, reference);
  if (written === undefined) return undefined;
  const bytes = decode(written, reference.encoding);
  if (bytes === undefined) {
    draft.refuse(path, `the secret is not valid ${reference.encoding}`);
  } else if (bytes.length < minBytes) {
    draft.refuse(path, `the secret has ${bytes.length} bytes; ${user} needs at least ${minBytes}`);
  } else {
    return new Secret(bytes);
  }
  return undefined;
}

/** Like {@link readSecret}, for a secret that is sent as text: it must be UTF-8, even if written in base64url. */
export function readTextSecret(draft: Draft, path: Path, reference: SecretReference, user: string): Secret | undefined {
  const secret = readSecret(draft, path, reference, 1, user);
  if (secret === undefined || decodeUtf8(secret.reveal()) !== undefined) return secret;
  draft.refuse(path, `${user} is sent as text, but this secret is not UTF-8`);
  return undefined;
}

/** Whether it is absent and may be: then the configuration is checked with a value in its place. */
function isAbsent(draft: Draft, path: Path, { env, file }: SecretReference): boolean {
  if (env !== undefined && file === undefined) return draft.lacksVariable([...path, 'env'], env);
  return file !== undefined && env === undefined && draft.lacksFile([...path, 'file'], file);
}

function fetchBytes(draft: Draft, path: Path, { env, file }: SecretReference): Buffer | undefined {
  if ((env === undefined) === (file === undefined)) {
    draft.refuse(path, `expected one of env and file, found ${env === undefined ? 'none' : 'both'}`);
    return undefined;
  }
  return env === undefined
    ? fetchFile(draft, [...path, 'file'], file ?? '')
    : fetchVariable(draft, [...path, 'env'], env);
}

function fetchVariable(draft: Draft, path: Path, name: string): Buffer | undefined {
  const value = Object.hasOwn(draft.env, name) ? draft.env[name] : undefined;
  const problem = variableProblem(value);
  if (value !== undefined && problem === undefined) return Buffer.from(withoutNewline(value), 'utf8');
  const variable = CONVENTIONAL.test(name) ? `the environment variable ${name}` : 'the environment variable';
  draft.refuse(path, `${variable} is ${problem}`);
  return undefined;
}

function variableProblem(value: string | undefined): string | undefined {
  if (value === undefined) return 'not set';
  if (withoutNewline(value) === '') return 'empty';
  return wasDecoded(value) ? undefined : 'not UTF-8 text';
}

function fetchFile(draft: Draft, path: Path, name: string): Buffer | undefined {
  const contents = draft.readFile(path, name);
  if (contents === undefined) return undefined;
  const bytes = withoutNewlineByte(contents);
  if (bytes.length > 0) return bytes;
  draft.refuse(path, 'the file is empty');
  return undefined;
}

/** Like {@link withoutNewline}, for bytes that need not be text. */
function withoutNewlineByte(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function decode(written: Buffer, encoding: SecretReference['encoding']): Uint8Array | undefined {
  if (encoding === 'base64url') return decodeBase64url(written.toString('latin1'));
  return decodeUtf8(written) === undefined ? undefined : written;
}
