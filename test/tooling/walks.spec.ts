import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { walkProblems } from '../../tools/walks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = `export class Store {\n  private async read(key: string) {}\n}\nexport function open(): void {}\n`;

/** Returns the problems of a page with these walks and one source file. */
function problemsOf(walks: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-walks-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'docs'));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a.ts'), SOURCE);
  writeFileSync(join(root, 'docs/page.md'), `# Page\n\n## Four walks\n\n${walks}\n## Next\n\n### No walk\n`);
  return walkProblems(root, 'docs/page.md');
}

describe('walkProblems()', () => {
  it('finds none in docs/architecture.md', () => {
    expect(walkProblems(ROOT, 'docs/architecture.md')).toEqual([]);
  });

  it('accepts functions and methods that the linked file declares', () => {
    expect(problemsOf('### One\n\n1. [`open`](../src/a.ts) opens.\n2. [`Store.read`](../src/a.ts) reads.\n')).toEqual(
      [],
    );
  });

  it('names missing functions, classes, methods and files', () => {
    const names = ['close', 'Other.read', 'Store.write'];
    const steps = names.map((name, index) => `${index + 1}. [\`${name}\`](../src/a.ts) x\n`).join('');
    expect(problemsOf(`### One\n\n${steps}4. [\`open\`](../src/b.ts) x\n`)).toEqual([
      'One: ../src/a.ts declares no close',
      'One: ../src/a.ts declares no Other.read',
      'One: ../src/a.ts declares no Store.write',
      'One: ../src/b.ts declares no open',
    ]);
  });

  it('refuses a walk of eleven functions, an empty walk, and a page without walks', () => {
    const eleven = Array.from({ length: 11 }, (_, index) => `${index + 1}. [\`open\`](../src/a.ts) x\n`).join('');
    expect(problemsOf(`### One\n\n${eleven}\n### Two\n\ntext\n`)).toEqual([
      'One: names 11 functions, not 1 to 10',
      'Two: names 0 functions, not 1 to 10',
    ]);
    expect(problemsOf('')).toEqual(['docs/page.md has no walks']);
  });
});
