import type { ChunkingContext } from 'rolldown';

/** Names the file of a module. */
export type Group = (module: string, context: ChunkingContext) => string | undefined;

/**
 * Puts the modules that each list of roots imports, directly or not, into one file, unless an earlier list has them. What is
 * imported only where it is used stays in files of its own, and so do programs: other files may wait for theirs to be
 * evaluated, which takes as long as the program runs.
 *
 * @param groups the paths of the roots, by the name of the file.
 */
export function groupsOf(groups: Readonly<Record<string, readonly string[]>>): Group {
  let names: Map<string, string> | undefined;
  return (module, context) => {
    names ??= nameAll(groups, context);
    return names.get(module);
  };
}

function nameAll(groups: Readonly<Record<string, readonly string[]>>, context: ChunkingContext): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, roots] of Object.entries(groups)) {
    const waiting = [...roots];
    for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
      const info = context.getModuleInfo(module);
      if (names.has(module) || info === null) continue;
      if (!info.isEntry) names.set(module, name);
      waiting.push(...info.importedIds);
    }
  }
  return names;
}
