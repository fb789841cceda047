import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { WAITING } from './waiting-imports.ts';

const RULES = fileURLToPath(new URL('../.dependency-cruiser.mjs', import.meta.url));
const FOLDERS = ['src', 'deploy', 'tools', 'test', 'bench'];

/**
 * Checks the imports below `root` against `.dependency-cruiser.mjs`. One line for each problem.
 * Modules that were not looked at are problems too: dependency-cruiser passes when its parser sees nothing, as it
 * does where it finds TypeScript 7 and no other parser.
 */
export async function checkDirection(root: string): Promise<{ readonly problems: string[]; readonly modules: number }> {
  const files = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }));
  const { modules, summary } = await cruiseFiles(root, files);
  const seen = new Set(modules.map(({ source }) => source));
  const problems = summary.violations
    .map(describe)
    .filter((line) => !WAITING.some((known) => line.endsWith(`: ${known}`)));
  if (!files.some((file) => file.startsWith('src/') && seen.has(file))) problems.push('saw no module in src');
  if (summary.totalDependenciesCruised === 0) problems.push('saw no import');
  problems.push(...files.filter((file) => !seen.has(file)).map((file) => `did not look at ${file}`));
  return { problems, modules: files.length };
}

async function cruiseFiles(root: string, files: string[]): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(RULES);
  const { output } = await cruise(files, { ...options, baseDir: root });
  if (typeof output === 'string') throw new Error('dependency-cruiser returned a report instead of its result');
  return output;
}

function describe({ rule, from, to, cycle }: ICruiseResult['summary']['violations'][number]): string {
  return `${rule.name}: ${from} → ${cycle?.map(({ name }) => name).join(' → ') ?? to}`;
}
