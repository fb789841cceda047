/**
 * Puts Sallyport and its libraries into a few files, which Node loads faster than some 800 modules one by one:
 * `npm run bundle`, or `node tools/bundle/bundle.ts [FOLDER]`. Without a folder it is that from which `bin/sallyport.mjs`
 * starts, as long as no source changes. docs/decisions/bundle.md says what it brings.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { BUNDLE, MANIFEST } from '../../bin/fresh-bundle.mjs';
import { groupsOf } from './groups.ts';
import { keepPlaces } from './places.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What starts by itself, by the name of its file in the bundle: the program, its worker processes and its threads. */
const ENTRIES = {
  main: 'src/main.ts',
  'worker-main': 'src/app/workers/worker-main.ts',
  'writer-thread': 'src/store/sqlite/writer/writer-thread.ts',
  'signature-thread': 'src/verification/signatures/thread.ts',
};

/** What a thread needs must not come with all of the program, and what each start needs is faster in one file. */
const GROUPS = {
  threads: ['src/store/sqlite/writer/writer-thread.ts', 'src/verification/signatures/thread.ts'],
  serve: [
    'src/main.ts',
    'src/cli/serve.ts',
    'src/edge/admin/service.ts',
    'src/edge/ext-authz/service.ts',
    'src/edge/ext-authz/transports/fast/door.ts',
    'src/store/sqlite/store.ts',
  ],
};

/** Writes the bundle into a folder, which is emptied first; resolves to the path of the program in it. */
export async function bundle(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const entries = new Map(Object.entries(ENTRIES).map(([name, file]) => [join(ROOT, file), `${name}.mjs`]));
  const building = await rolldown({
    input: ENTRIES,
    cwd: ROOT,
    platform: 'node',
    plugins: [keepPlaces({ root: ROOT, folder, entries })],
    onLog: (level, log) => {
      // Libraries that choose a function by its source text, or import in circles, work like that on purpose.
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    },
  });
  try {
    // Names stay, so that a stack trace can be read; each part begins with a comment that names its source.
    const { output } = await building.generate({
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
      comments: false,
      codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: groupsOf(inRoot(GROUPS)) }] },
    });
    const chunks = output.filter((file) => file.type === 'chunk');
    for (const { fileName, code } of chunks) writeFileSync(join(folder, fileName), inAscii(code));
    const sources = chunks.flatMap((chunk) => chunk.moduleIds);
    writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifestOf(sources))}\n`);
  } finally {
    await building.close();
  }
  return join(folder, 'main.mjs');
}

function inRoot(groups: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  const entries = Object.entries(groups).map(([name, files]) => [name, files.map((file) => join(ROOT, file))] as const);
  return Object.fromEntries(entries);
}

/** Escapes all other characters: Node keeps a source of ASCII alone in half of the memory, and reads it faster. */
function inAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Size and time of each file that is in the bundle; the packages change only with npm's list of them. */
function manifestOf(sources: readonly string[]): readonly (readonly [string, number, number])[] {
  const own = sources.filter((file) => file.startsWith(join(ROOT, 'src')));
  return [...own, join(ROOT, 'package.json'), join(ROOT, 'node_modules/.package-lock.json')].map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [relative(ROOT, file), size, mtimeMs];
  });
}

if (import.meta.main) {
  const [folder = BUNDLE] = process.argv.slice(2);
  process.stdout.write(`${await bundle(resolve(folder))}\n`);
}
