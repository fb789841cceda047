/** Lines about the parts of `/readyz`, whichever it names: an instance of another version may have others. */
export function componentLines(components: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(components).flatMap(([name, part]) => {
    const parts: readonly unknown[] = Array.isArray(part) ? part : [part];
    return parts.map((one) => lineOf(name, one));
  });
}

const WIDTH = 13;

function lineOf(name: string, part: unknown): string {
  const {
    issuer,
    worker,
    name: own = issuer,
    status,
    ...rest
  } = typeof part === 'object' && part !== null ? ({ ...part } as Members) : {};
  const details = Object.entries(rest).map(detailOf);
  const title = worker === undefined ? titleOf(name, own) : `worker ${plain(worker)}`;
  return `${title.padEnd(WIDTH)}  ${[...(status === undefined ? [] : [plain(status)]), ...details].join(', ')}`;
}

function titleOf(name: string, own: unknown): string {
  return own === undefined ? wordsOf(name) : `${wordsOf(name)} of ${plain(own)}`;
}

/** `ageSeconds: 0.053967` as `age 0.054 s`. */
function detailOf([key, value]: readonly [string, unknown]): string {
  if (typeof value !== 'number') return `${wordsOf(key)} ${plain(value)}`;
  const seconds = /^(.+)Seconds$/.exec(key)?.[1];
  return seconds === undefined ? `${wordsOf(key)} ${value}` : `${wordsOf(seconds)} ${secondsText(value)}`;
}

/** Milliseconds count below a minute only. */
function secondsText(seconds: number): string {
  return `${seconds < 60 ? Number(seconds.toFixed(3)) : Math.round(seconds)} s`;
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
