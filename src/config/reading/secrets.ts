import { decodeBase64url, decodeUtf8, wasDecoded, withoutNewline } from '../../lib/utf8.ts';
import { Secret } from '../secret.ts';
import type { Draft } from './draft.ts';
import type { Path } from './problems.ts';
import type { SecretReference } from './secret-schema.ts';

/** Names that only an environment variable has; another may be the secret itself, put in the wrong place. */
const CONVENTIONAL = /^[A-Z][A-Z0-9_]*$/;

/**
 * Fetches the secret that the reference at `path` names. `undefined`, and a problem noted that does not print it,
 * where it is missing, empty, wrongly encoded or shorter than `minBytes`; `user` says who needs that many.
 */
export function readSecret(
  draft: Draft,
  path: Path,
  reference: SecretReference,
  minBytes: number,
  user: string,
): Secret | undefined {
  const written = fetchBytes(draft, path, reference);
  if (written === undefined) return undefined;
  const bytes = decode(written, reference.encoding);
  if (bytes === undefined) {
    draft.refuse(path, `the secret is not valid ${reference.encoding}`);
  } else if (bytes.length < minBytes) {
    draft.refuse(path, `the secret has ${bytes.length} bytes, ${user} needs ${minBytes} at least`);
  } else {
    return new Secret(bytes);
  }
  return undefined;
}

/** The same for a secret that is sent as text: base64url may stand for other bytes, too. */
export function readTextSecret(draft: Draft, path: Path, reference: SecretReference, user: string): Secret | undefined {
  const secret = readSecret(draft, path, reference, 1, user);
  if (secret === undefined || decodeUtf8(secret.reveal()) !== undefined) return secret;
  draft.refuse(path, `${user} is sent as text, and the bytes of this secret are not UTF-8`);
  return undefined;
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

/** As {@link withoutNewline}, of bytes that need not be text. */
function withoutNewlineByte(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function decode(written: Buffer, encoding: SecretReference['encoding']): Uint8Array | undefined {
  if (encoding === 'base64url') return decodeBase64url(written.toString('latin1'));
  return decodeUtf8(written) === undefined ? undefined : written;
}
