import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../support/servers/run-sallyport.ts';

const PAGE = new URL('../../docs/testing.md', import.meta.url);
const EXAMPLE = /<!-- example: (\S+) -->\s+```yaml\n(.*?)```/gs;

it('the example of docs/testing.md passes, and fails as the page shows', async () => {
  const page = await readFile(PAGE, 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const written = new Map(Array.from(page.matchAll(EXAMPLE), ([, name = '', text = '']) => [name, text]));
  expect([...written.keys()]).toEqual(['sallyport.yaml', 'sallyport.tests.yaml']);
  for (const [name, text] of written) await writeFile(join(folder, name), text);
  const file = join(folder, 'sallyport.tests.yaml');
  const args = ['--config', join(folder, 'sallyport.yaml'), file];
  expect(await runSallyport(['test', '--coverage', ...args])).toEqual({
    code: 0,
    output: '8 cases: 8 passed, 0 failed\n',
  });
  await writeFile(file, (written.get('sallyport.tests.yaml') ?? '').replace('check: aud', 'check: exp'));
  const failed = await runSallyport(['test', ...args]);
  expect(failed.code).toBe(1);
  expect(page).toContain(failed.output.replaceAll(`${folder}/`, ''));
});
