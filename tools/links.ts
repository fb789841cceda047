import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PAGES = ['*.md', 'docs/**/*.md', 'bench/*.md'];
const LINK = /\]\(([^)\s]+)\)/g;
const EXAMPLES = /```[^]*?```|`[^`\n]*`/g;

/** One line for each link of a page below `root` that leads to no file of the tree, or to no heading of a page. */
export function brokenLinks(root: string): string[] {
  const pages = PAGES.flatMap((pattern) => globSync(pattern, { cwd: root }));
  if (pages.length === 0) return ['saw no page'];
  return pages.flatMap((page) => {
    const links = Array.from(prose(join(root, page)).matchAll(LINK), ([, link = '']) => link);
    return links.filter((link) => !/^[a-z]+:/.test(link) && !leads(root, page, link)).map((link) => `${page}: ${link}`);
  });
}

function leads(root: string, page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (relative(root, target).startsWith('..') || !existsSync(target)) return false;
  return heading === undefined || (statSync(target).isFile() && anchors(target).includes(heading));
}

/** The anchors of a page's headings, as GitHub makes them. */
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

/** The page without its examples. */
function prose(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(EXAMPLES, '');
}
