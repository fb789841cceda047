import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PAGES = ['*.md', 'docs/**/*.md', 'bench/*.md'];
const LINK = /\]\(([^)\s]+)\)/g;
const EXAMPLES = /```[^]*?```|`[^`\n]*`/g;

/** Returns one line for each link on a page below `root` whose file or heading does not exist. */
export function brokenLinks(root: string): string[] {
  const pages = PAGES.flatMap((pattern) => globSync(pattern, { cwd: root }));
  if (pages.length === 0) return ['found no page'];
  return pages.flatMap((page) => {
    const links = Array.from(prose(join(root, page)).matchAll(LINK), ([, link = '']) => link);
    return links
      .filter((link) => !/^[a-z]+:/.test(link) && !resolves(root, page, link))
      .map((link) => `${page}: ${link}`);
  });
}

function resolves(root: string, page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (relative(root, target).startsWith('..') || !existsSync(target)) return false;
  return heading === undefined || (statSync(target).isFile() && anchors(target).includes(heading));
}

/** Returns the anchors that GitHub creates for the headings of a page. */
function anchors(file: string): string[] {
  const headings = readFileSync(file, 'utf8')
    .replaceAll(/```[^]*?```/g, '')
    .matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Returns the text of a page without code. */
function prose(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(EXAMPLES, '');
}
