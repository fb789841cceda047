import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('./young-generation.ts', import.meta.url).href;
/** Makes the young generation as large as V8 lets it grow, and prints how large that is, in megabytes. */
const GROW = `
const { keepGarbageYoung } = await import(${JSON.stringify(MODULE)});
const { getHeapSpaceStatistics } = await import('node:v8');
keepGarbageYoung();
const survivors = [];
for (let made = 0; made < 100_000; made++) survivors.push(new Array(100).fill(made));
const { space_size: bytes } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
process.stdout.write(String(bytes / 1024 / 1024));
`;

async function youngMegabytes(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const args = [...flags, '--input-type=module', '--eval', GROW];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return Number(stdout);
}

it('keeps the young generation small, however much of it lives', async () => {
  expect(await youngMegabytes([])).toBe(8);
});

it('leaves its size to an option of Node', async () => {
  expect(await youngMegabytes(['--max-semi-space-size=16'])).toBe(32);
  expect(await youngMegabytes([], { NODE_OPTIONS: '--max-semi-space-size=2' })).toBe(4);
});
