import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');
const CLASS = /^export (?:abstract )?class (\w+)[^\n]*\{\n([\s\S]*?)^\}/gm;
/** The formatter indents the members of a class by two spaces, and private ones begin with `private`. */
const MEMBER = /^ {2}(?:async )?(?:get )?(?!constructor\b)(\w+)(?:<[^\n]*)?\(/gm;

/** Returns the names of the public methods and getters of every exported class in `src`, by class name. */
export function publicMembers(): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, readonly string[]>();
  for (const file of globSync('**/*.ts', { cwd: SOURCES })) {
    if (file.endsWith('.spec.ts')) continue;
    for (const [, name = '', body = ''] of readFileSync(join(SOURCES, file), 'utf8').matchAll(CLASS)) {
      members.set(name, [...new Set([...body.matchAll(MEMBER)].map(([, member = '']) => member))]);
    }
  }
  return members;
}
