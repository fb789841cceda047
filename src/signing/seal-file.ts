import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { hasCode } from '../lib/errors.ts';
import { decodeBase64url } from '../lib/utf8.ts';

const SECRET_BYTES = 32;

/**
 * Reads the secret that opens the signing keys if none is configured, from a file beside the embedded store. Makes the
 * file on first use, readable by its owner only. Because of this file, a copy of the store alone does not contain the
 * keys. Concurrent processes get the same secret. Rejects if the file is damaged or cannot be read.
 */
export async function readOrMakeSealFile(path: string): Promise<Uint8Array> {
  return (await readSealFile(path)) ?? (await makeSealFile(path));
}

/** Reads the secret; resolves to `undefined` if the file does not exist. */
export async function readSealFile(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new Error(`cannot read ${path}, which holds the secret of the signing keys`, { cause });
  });
  if (bytes === undefined) return undefined;
  const secret = decodeBase64url(bytes.toString('latin1').trim());
  if (secret?.length !== SECRET_BYTES)
    throw new Error(`${path} is damaged; restore it from a backup, because the signing keys need it`);
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
  if (secret === undefined) throw new Error(`${path} disappeared while it was being made`);
  return secret;
}
