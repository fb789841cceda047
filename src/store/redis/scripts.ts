import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script, Scripts } from '../../redis/command.ts';

const FOLDER = join(import.meta.dirname, 'lua');
const SHARED = 'include';
const INCLUDE = /^-- include (\S+)\n/gm;

/**
 * Reads the Lua scripts of the folder `lua`, each named by its path there without the ending. A script runs alone from
 * its first line to its last. A line `-- include NAME` stands for the file of that name in the folder `include`, once in
 * each script.
 */
export function readScripts(): Scripts {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua'));
  const names = files.map((file) => file.replaceAll('\\', '/').slice(0, -'.lua'.length));
  return new Map(names.filter((name) => !name.startsWith(SHARED)).map((name) => [name, readScript(name)]));
}

function readScript(name: string): Script {
  const lua = withIncludes(name, new Set());
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

function withIncludes(name: string, included: Set<string>): string {
  return readFileSync(join(FOLDER, `${name}.lua`), 'utf8').replaceAll(INCLUDE, (_line, shared: string) => {
    if (included.has(shared)) return '';
    included.add(shared);
    return withIncludes(join(SHARED, shared), included);
  });
}
