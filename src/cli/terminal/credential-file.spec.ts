import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readCredentialFile } from './credential-file.ts';

const TERMINAL = { env: {}, stdin: process.stdin, out: () => {}, err: () => {} };

it('readCredentialFile() names the file that it cannot read, and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-credential-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const missing = join(folder, 'none');
  await expect(readCredentialFile(missing, TERMINAL)).rejects.toThrow(`cannot read '${missing}': no such file`);
  await expect(readCredentialFile(folder, TERMINAL)).rejects.toThrow(`cannot read '${folder}': it is a directory`);
});

it.each(['demo:hunter2', 'eyJhbGciOiJub25lIn0.e30.c2ln', 'opaqueTokenOfThirtyCharacters_'])(
  'readCredentialFile() does not repeat what may be the credential itself: %s',
  async (mistake) => {
    await expect(readCredentialFile(mistake, TERMINAL)).rejects.toThrow(
      'sallyport: cannot read the credential file: no such file',
    );
  },
);
