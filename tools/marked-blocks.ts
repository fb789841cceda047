import { readFileSync, writeFileSync } from 'node:fs';

const BLOCK = /(<!-- generated: ([^>]+?) -->\n)[^]*?(<!-- end -->)/g;

/**
 * Returns the page with the text of each block, between `<!-- generated: NAME -->` and `<!-- end -->`, replaced by the
 * text of that name. Throws if the page and `blocks` do not have the same names.
 */
export function fillBlocks(page: string, blocks: ReadonlyMap<string, string>): string {
  const names = Array.from(page.matchAll(BLOCK), ([, , name = '']) => name);
  const odd = names.filter((name) => !blocks.has(name));
  const missing = [...blocks.keys()].filter((name) => !names.includes(name));
  if (odd.length > 0) throw new Error(`no text is generated for: ${odd.join(', ')}`);
  if (missing.length > 0) throw new Error(`the page has no block for: ${missing.join(', ')}`);
  return page.replaceAll(BLOCK, (_, begin: string, name: string, end: string) => {
    return `${begin}\n${blocks.get(name)?.trim()}\n\n${end}`;
  });
}

/** Writes the blocks into the page at `file`. */
export function writeBlocks(file: URL, blocks: ReadonlyMap<string, string>): void {
  writeFileSync(file, fillBlocks(readFileSync(file, 'utf8'), blocks));
}

/** Whether the page at `file` has these blocks already. */
export function holdsBlocks(file: URL, blocks: ReadonlyMap<string, string>): boolean {
  const page = readFileSync(file, 'utf8');
  return fillBlocks(page, blocks) === page;
}
