import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Finds Chromium: the one that the environment variable `CHROMIUM` names, or one on the PATH; `undefined` if there is
 * none. Does not download it, because its system libraries come with the system's own package.
 */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (await runs(named)) return named;
    throw new Error(`CHROMIUM=${named} does not run: name another program or unset it`);
  }
  for (const name of NAMES) {
    const path = await promisify(execFile)('which', [name]).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
    if (path !== undefined && (await runs(path))) return path;
  }
  return undefined;
}

async function runs(path: string): Promise<boolean> {
  return promisify(execFile)(path, ['--version']).then(
    () => true,
    () => false,
  );
}
