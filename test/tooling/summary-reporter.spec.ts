import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPORTER = fileURLToPath(new URL('../support/report/summary-reporter.ts', import.meta.url));

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs one spec file under the reporter, inside the checkout so that it finds the packages. */
async function run(spec: string, env: NodeJS.ProcessEnv): Promise<{ code: number; lines: string[] }> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache/reporter-'));
  folders.push(folder);
  writeFileSync(join(folder, 'a.spec.ts'), `import { beforeAll, describe, it } from 'vitest';\n${spec}`);
  writeFileSync(join(folder, 'vitest.config.ts'), CONFIG);
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { ...process.env, ...env } }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, lines: stdout.trimEnd().split('\n') }),
    );
  });
}

const CONFIG = `
import { SummaryReporter } from ${JSON.stringify(REPORTER)};
export default { test: { reporters: [new SummaryReporter()] } };
`;

const PASSING = `it('passes', () => {});\n`;
const SKIPPING = `${PASSING}it('rests', ({ skip }) => skip('no Envoy here'));\n`;

/** Spec, `CI`, exit code, last lines. */
const CASES: readonly (readonly [name: string, spec: string, ci: string, code: number, last: readonly string[]])[] = [
  ['counts passed tests', PASSING, 'true', 0, ['1 passed, 0 failed']],
  ['counts failed tests', `${PASSING}it('fails', () => { throw new Error(); });`, '', 1, ['1 passed, 1 failed']],
  ['counts a file that does not load', `throw new Error();`, '', 1, ['0 passed, 1 failed']],
  ['fails if no test ran', ``, '', 1, ['0 passed, 1 failed']],
  [
    'names what was skipped and why',
    SKIPPING,
    '',
    0,
    ['skipped: a.spec.ts > rests: no Envoy here', '1 passed, 0 failed, 1 skipped'],
  ],
  ['fails under CI if a test was skipped', SKIPPING, 'true', 1, ['1 passed, 0 failed, 1 skipped']],
  ['fails if every test was skipped', `it.todo('later');`, '', 1, ['0 passed, 0 failed, 1 skipped']],
];

const WITHOUT_ENGINE = `${PASSING}describe.skip('an image (skipped: no container engine runs)', () => it('works', () => {}));\n`;

describe('SummaryReporter', () => {
  it.concurrent.for([
    ['excuses what needs a container engine where CI can start none', WITHOUT_ENGINE, 'none', 0],
    ['does not excuse it where CI has started one', WITHOUT_ENGINE, '', 1],
    ['excuses nothing else', SKIPPING, 'none', 1],
  ] as const)('%s', async ([, spec, engine, code]) => {
    const result = await run(spec, { CI: 'true', CONTAINER_ENGINE: engine });
    expect(result).toMatchObject({ code });
    expect(result.lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  });

  it.concurrent.for(CASES)('%s', async ([, spec, ci, code, last]) => {
    const result = await run(spec, { CI: ci });
    expect(result.lines.slice(-last.length)).toEqual(last);
    expect(result.code).toBe(code);
  });
});
