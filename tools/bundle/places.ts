import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'rolldown';

export interface Places {
  /** The folder of Sallyport. */
  readonly root: string;
  /** The folder of the bundle. */
  readonly folder: string;
  /** The files in the bundle that start by themselves, by the path of their source. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Each file of a bundle defines it. */
const FOLDER = '__bundleFolder';

/**
 * Sources and packages find their data beside themselves, by `import.meta.url` or `__dirname`. In a bundle these still name
 * the place of the source, relative to the bundle's folder, except where they name a program that is in the bundle too.
 */
export function keepPlaces({ root, folder, entries }: Places): Plugin {
  const own = join(root, 'src/');
  return {
    name: 'keep-places',
    renderChunk: (code) => `const ${FOLDER} = import.meta.dirname;\n${code}`,
    transform: {
      filter: { code: /import\.meta|__dirname|__filename/ },
      handler: (code, file) => {
        const from = relative(folder, dirname(file));
        if (file.startsWith(own)) return moveModule(code, file, { from, entries });
        return moveScript(code, file, from);
      },
    },
  };
}

/** Of our own. Throws on a form of `import.meta` that it does not know. */
function moveModule(
  code: string,
  file: string,
  { from, entries }: { readonly from: string; readonly entries: Places['entries'] },
): string {
  const url = `new URL(${JSON.stringify(`${from}/`)}, import.meta.url).href`;
  const moved = code
    .replaceAll(/new URL\('([^']+\.ts)', import\.meta\.url\)/g, (whole, target: string) => {
      const entry = entries.get(join(dirname(file), target));
      return entry === undefined ? whole : `new URL('./${entry}', __here)`;
    })
    .replaceAll('import.meta.main', 'false')
    .replaceAll('import.meta.dirname', `process.getBuiltinModule('node:path').join(${FOLDER}, ${JSON.stringify(from)})`)
    .replaceAll('import.meta.url', '__source');
  if (moved.includes('import.meta')) throw new Error(`${file}: this use of import.meta cannot be bundled`);
  return moved.replaceAll('__source', url).replaceAll('__here', 'import.meta.url');
}

/** Of a package in CommonJS, whose code cannot say `import.meta`. Modules of packages use it for nothing that we load. */
function moveScript(code: string, file: string, from: string): string {
  const place = (path: string): string => `require('node:path').join(${FOLDER}, ${JSON.stringify(path)})`;
  return code
    .replaceAll(/(?<![\w$.])__dirname(?![\w$])/g, place(from))
    .replaceAll(/(?<![\w$.])__filename(?![\w$])/g, place(join(from, file.slice(dirname(file).length + 1))));
}
