import type { Draft } from './draft.ts';
import type { Path } from './problems.ts';
import { Secret } from './secret.ts';
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
  if (value !== undefined && value !== '') return Buffer.from(value, 'utf8');
  const variable = CONVENTIONAL.test(name) ? `the environment variable ${name}` : 'the environment variable';
  draft.refuse(path, `${variable} is ${value === undefined ? 'not set' : 'empty'}`);
  return undefined;
}

function fetchFile(draft: Draft, path: Path, name: string): Buffer | undefined {
  const contents = draft.readFile(path, name);
  if (contents === undefined) return undefined;
  const bytes = withoutNewline(contents);
  if (bytes.length > 0) return bytes;
  draft.refuse(path, 'the file is empty');
  return undefined;
}

/** Editors and `echo` end a file with one. */
function withoutNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function decode(written: Buffer, encoding: SecretReference['encoding']): Uint8Array | undefined {
  return encoding === 'utf8' ? decodeUtf8(written) : decodeBase64url(written.toString('latin1'));
}

function decodeUtf8(written: Buffer): Uint8Array | undefined {
  return written.equals(Buffer.from(written.toString('utf8'), 'utf8')) ? written : undefined;
}

/** Strict: no other alphabet, no stray bits, padding only where it completes the last four characters. */
function decodeBase64url(written: string): Uint8Array | undefined {
  const plain = written.length % 4 === 0 ? written.replace(/={1,2}$/, '') : written;
  const bytes = Buffer.from(plain, 'base64url');
  return bytes.toString('base64url') === plain ? bytes : undefined;
}
