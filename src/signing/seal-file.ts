import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { hasCode } from '../lib/error-code.ts';
import { decodeBase64url } from '../lib/utf8.ts';

const SECRET_BYTES = 32;

/**
 * The secret in a file of its own beside the embedded store, made on first use and readable by its owner alone: what
 * opens the signing keys where none is configured. A copy of the store alone is then no copy of the keys.
 *
 * Two processes that make it at once end up with the same one.
 */
export async function readOrMakeSealFile(path: string): Promise<Uint8Array> {
  return (await readSealFile(path)) ?? (await makeSealFile(path));
}

/** `undefined` where there is none. */
export async function readSealFile(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new Error(`cannot read ${path}, which opens the signing keys`, { cause });
  });
  if (bytes === undefined) return undefined;
  const secret = decodeBase64url(bytes.toString('latin1').trim());
  if (secret?.length !== SECRET_BYTES) throw new Error(`${path} is damaged; restore it, the signing keys need it`);
  return secret;
}

async function makeSealFile(path: string): Promise<Uint8Array> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const secret = await readSealFile(path);
  if (secret === undefined) throw new Error(`${path} went missing while it was made`);
  return secret;
}
