import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkDirection, readImports } from './direction.ts';
import { oversizedFolders } from './folder-sizes.ts';
import { holdsBlocks } from './marked-blocks.ts';
import { ARCHITECTURE_PAGE, pictureBlocks } from './picture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The result of one step: a remark if it passed, or the problems. */
interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs a program of node_modules/.bin. The finding contains its output only if it fails. */
async function run(program: string, ...args: readonly string[]): Promise<Finding> {
  const command = `${ROOT}node_modules/.bin/${program}`;
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [status, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { ok: status === 0, text: status === 0 ? '' : (out + err).trim() };
}

const imports = readImports(ROOT);

async function direction(): Promise<Finding> {
  const { problems, modules } = await checkDirection(ROOT, imports);
  return { ok: problems.length === 0, text: problems.length === 0 ? `${modules} modules` : problems.join('\n') };
}

async function picture(): Promise<Finding> {
  const ok = holdsBlocks(ARCHITECTURE_PAGE, pictureBlocks(await imports, ROOT));
  return { ok, text: ok ? '' : 'docs/architecture.md does not match the imports: run `npm run picture`' };
}

async function folders(): Promise<Finding> {
  const problems = oversizedFolders(ROOT);
  return { ok: problems.length === 0, text: problems.join('\n') };
}

const STEPS: Readonly<Record<string, () => Promise<Finding>>> = {
  'format (biome)': () => run('biome', 'check', '--error-on-warnings', '--colors=off'),
  'lint (oxlint)': () => run('oxlint', '--type-aware', '--deny-warnings'),
  'types (tsc)': () => run('tsc', '--noEmit'),
  'direction (dependency-cruiser)': direction,
  'picture of the imports': picture,
  'folder sizes': folders,
  'unused (knip)': () => run('knip', '--no-progress', '--treat-config-hints-as-errors'),
};

/** Runs one step, prints its result, and resolves to whether it passed. */
async function report(name: string, step: () => Promise<Finding>): Promise<boolean> {
  const { ok, text: found } = await step();
  process.stdout.write(ok ? `ok    ${name}${found && `: ${found}`}\n` : `FAIL  ${name}\n${found}\n`);
  return ok;
}

const results = await Promise.all(Object.entries(STEPS).map(([name, step]) => report(name, step)));
if (results.includes(false)) process.exitCode = 1;
