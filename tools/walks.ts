import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How many functions a walk through the code may name. */
const MOST_STEPS = 10;
const TITLE = '## Four walks';
const STEP = /^\d+\. \[`([\w.]+)`\]\(([^)]+)\)/gm;

/**
 * One line for each thing that is wrong with the walks of the page at `path` below `root`: a walk with too many steps or
 * with none, and a step whose function is not declared in the file that it links to. A method is written `Class.method`.
 */
export function walkProblems(root: string, path: string): string[] {
  const page = readFileSync(join(root, path), 'utf8');
  const [, text = ''] = page.split(`\n${TITLE}\n`);
  const walks = (text.split(/^## /m)[0] ?? '').split(/^### /m).slice(1);
  if (walks.length === 0) return [`${path} has no walks`];
  return walks.flatMap((walk) => {
    const [title = ''] = walk.split('\n');
    const steps = Array.from(walk.matchAll(STEP), ([, name = '', link = '']) => ({ name, link }));
    const isBounded = steps.length > 0 && steps.length <= MOST_STEPS;
    const missing = steps.filter(({ name, link }) => !isDeclared(name, join(root, dirname(path), link)));
    return [
      ...(isBounded ? [] : [`${title}: names ${steps.length} functions, not 1 to ${MOST_STEPS}`]),
      ...missing.map(({ name, link }) => `${title}: ${link} declares no ${name}`),
    ];
  });
}

function isDeclared(name: string, file: string): boolean {
  if (!existsSync(file)) return false;
  const source = readFileSync(file, 'utf8');
  const [first = '', method] = name.split('.');
  if (!new RegExp(`\\b(?:function|const|class) ${first}\\b`).test(source)) return false;
  return (
    method === undefined || new RegExp(`^ {2}(?:(?:private|static|async|get) )*\\*?${method}[(<]`, 'm').test(source)
  );
}
