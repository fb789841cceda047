import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Imports } from './direction.ts';
import { readImports } from './direction.ts';
import { folderSizes } from './folder-sizes.ts';
import { writeBlocks } from './marked-blocks.ts';

/** The page with the picture of the imports and the figures. */
export const ARCHITECTURE_PAGE = new URL('../docs/architecture.md', import.meta.url);

/** The places that each frame contains. Other places have no frame. */
const FRAMES: Readonly<Record<string, readonly string[]>> = {
  doors: ['edge'],
  'use cases and nouns': [
    'access',
    'revocation',
    'tokens',
    'signing',
    'verification',
    'accounts',
    'revocation-set',
    'explanation',
  ],
  storage: ['store', 'redis'],
  ground: ['observe', 'config', 'audit', 'core', 'lib'],
};

const SPEC = '.spec.ts';

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** Returns the generated blocks of `docs/architecture.md`: the picture of the imports, and the figures. */
export function pictureBlocks(imports: Imports, root: string): ReadonlyMap<string, string> {
  return new Map([
    ['imports', mermaid(withoutDetours(arrowsBetweenPlaces(imports)))],
    ['figures', figures(root)],
  ]);
}

/** Returns which places import which. A place is a folder or a file directly below `src`. */
export function arrowsBetweenPlaces({ cruised }: Imports): Arrows {
  const arrows = new Map<string, Set<string>>();
  for (const { source, dependencies } of cruised.modules) {
    const from = placeOf(source);
    if (from === undefined || source.endsWith(SPEC)) continue;
    const targets = arrows.get(from) ?? new Set();
    arrows.set(from, targets);
    for (const { resolved } of dependencies) {
      const to = placeOf(resolved);
      if (to !== undefined && to !== from) targets.add(to);
    }
  }
  return arrows;
}

function placeOf(file: string): string | undefined {
  return /^src\/([^/]+?)(?:\/|\.ts$)/.exec(file)?.[1];
}

/** Returns the arrows that no longer path implies. */
export function withoutDetours(arrows: Arrows): Arrows {
  const short = Array.from(arrows, ([from, targets]): [string, Set<string>] => {
    const implied = new Set([...targets].flatMap((via) => [...reachable(arrows, via, from)]));
    return [from, new Set([...targets].filter((to) => !implied.has(to)))];
  });
  return new Map(short);
}

/** Returns the places that `start` reaches, without itself, by paths that avoid `avoided`. */
function reachable(arrows: Arrows, start: string, avoided: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [start];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const next of arrows.get(place) ?? []) {
      if (next === avoided || next === start || found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}

function mermaid(arrows: Arrows): string {
  const framed = Object.entries(FRAMES).flatMap(([title, places], index) => {
    const inside = places.filter((place) => arrows.has(place));
    return [`  subgraph frame${index}["${title}"]`, ...inside.map((place) => `    ${place}`), '  end'];
  });
  const lines = [...arrows.keys()].toSorted().flatMap((from) => {
    return [...(arrows.get(from) ?? [])].toSorted().map((to) => `  ${from} --> ${to}`);
  });
  return ['```mermaid', 'flowchart TD', ...framed, ...lines, '```'].join('\n');
}

/** Returns the figures of `src`, rounded, so that the table does not change with every edit. */
function figures(root: string): string {
  const files = globSync('src/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] }).filter(
    (file) => !file.endsWith(SPEC),
  );
  const lines = files.map((file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1);
  const sorted = lines.toSorted((left, right) => left - right);
  const folders = [...folderSizes(root, 'src')];
  const largest = Math.max(...folders.map(([, size]) => size));
  const rows = [
    ['folders', `at most ${upTo(folders.length, 10)}`],
    ['modules without specs', `at most ${upTo(files.length, 50)}`],
    ['most files in a folder', String(largest)],
    ['longest module', `at most ${upTo(sorted.at(-1) ?? 0, 50)} lines`],
    ['median module', `about ${upTo(sorted[Math.floor(sorted.length / 2)] ?? 0, 10)} lines`],
  ];
  return table(['figure', ''], rows);
}

function upTo(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

if (import.meta.main && process.argv.includes('--write')) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  writeBlocks(ARCHITECTURE_PAGE, pictureBlocks(await readImports(root), root));
}
