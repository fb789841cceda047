/** Lines about the parts of `/readyz`, whichever it names: an instance of another version may have others. */
export function componentLines(components: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(components).flatMap(([name, part]) => {
    const parts: readonly unknown[] = Array.isArray(part) ? part : [part];
    return parts.map((one) => lineOf(name, one));
  });
}

const WIDTH = 13;

function lineOf(name: string, part: unknown): string {
  const { issuer, status, ...rest } = typeof part === 'object' && part !== null ? ({ ...part } as Members) : {};
  const details = Object.entries(rest).map(([key, value]) => `${key} ${plain(value)}`);
  const title = issuer === undefined ? wordsOf(name) : `${wordsOf(name)} of ${plain(issuer)}`;
  return `${title.padEnd(WIDTH)}  ${[...(status === undefined ? [] : [plain(status)]), ...details].join(', ')}`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type Members = Readonly<Record<string, unknown>>;

/** `keySets` as `key sets`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
