import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const RULES = fileURLToPath(new URL('../.dependency-cruiser.mjs', import.meta.url));
const FOLDERS = ['src', 'deploy', 'tools', 'test', 'bench'];

/** The imports of a tree: its files, and what dependency-cruiser found in them. */
export interface Imports {
  readonly files: readonly string[];
  readonly cruised: ICruiseResult;
}

/** Reads the imports of every module below `root`. */
export async function readImports(root: string): Promise<Imports> {
  const files = FOLDERS.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ['**/node_modules/**'] }),
  );
  return { files, cruised: await cruiseFiles(root, files) };
}

/**
 * Checks the imports below `root` against `.dependency-cruiser.mjs`. Resolves to one line for each problem. A module that
 * was not read is a problem too: dependency-cruiser passes if its parser finds nothing, which happens with TypeScript 7
 * and no other parser.
 *
 * @param reading the imports, if they have been read already.
 */
export async function checkDirection(
  root: string,
  reading: Promise<Imports> = readImports(root),
): Promise<{ readonly problems: string[]; readonly modules: number }> {
  const { files, cruised } = await reading;
  const { modules, summary } = cruised;
  const seen = new Set(modules.map(({ source }) => source));
  const problems = summary.violations.map(describe);
  if (!files.some((file) => file.startsWith('src/') && seen.has(file))) problems.push('found no module in src');
  if (summary.totalDependenciesCruised === 0) problems.push('found no import');
  problems.push(...files.filter((file) => !seen.has(file)).map((file) => `did not read ${file}`));
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
