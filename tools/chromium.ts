import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Finds Chromium: the one that the environment variable `CHROMIUM` names, else one on the PATH; `undefined` where there
 * is none. It is not fetched: what it needs of the system comes with the system's own package.
 */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (await runs(named)) return named;
    throw new Error(`CHROMIUM=${named} does not run: name another one or leave it unset`);
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
