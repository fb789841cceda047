import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { signingAt } from '../../src/signing/key-life.ts';
import type { Store } from '../../src/store/store.ts';
import { openRedisForTest, redisConfig, redisForTest } from '../support/redis/config.ts';
import { openForTest, startScript, temporaryFile } from '../support/store/sqlite-file.ts';

const ROUNDS = 8;
const SIGNING = new URL('../support/jwt/signing.ts', import.meta.url).href;

/** A script that rotates on `store` without end, one publishing time apart by its own clock, and prints each new kid. */
const rotateEndlessly = (open: string): string => `
  import { KeyRingFixture } from '${SIGNING}';
  ${open}
  const fixture = new KeyRingFixture(store);
  for (;;) {
    const keys = await fixture.ring().reconcile();
    fixture.nowSeconds = Math.max(...keys.map((key) => key.signsFromSeconds));
    const { outcome, key } = await fixture.ring().rotate();
    if (outcome === 'made') process.stdout.write(key.kid + '\\n');
  }
`;

const KINDS = {
  SQLite: async (): Promise<{ store: Store; open: string }> => {
    const path = temporaryFile();
    const url = new URL('../../src/store/sqlite/store.ts', import.meta.url).href;
    const open = `import { openSqliteStore } from '${url}'; const store = await openSqliteStore('${path}');`;
    return { store: await openForTest(path), open };
  },
  Redis: async (): Promise<{ store: Store; open: string }> => {
    const config = redisConfig((await redisForTest()).port);
    const url = new URL('../../src/store/redis/store.ts', import.meta.url).href;
    const open = `import { openRedisStore } from '${url}';
      const store = await openRedisStore(${JSON.stringify(config)}, { storeMs: 5000 });`;
    return { store: await openRedisForTest(config), open };
  },
};

it.each(['SQLite', 'Redis'] as const)(
  'two processes that rotate at once on %s and are killed leave a consistent set with every key they printed',
  { timeout: 120_000 },
  async (kind) => {
    const { store, open } = await KINDS[kind]();
    const printed: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const lines = await Promise.all([linesUntilKilled(open), linesUntilKilled(open)]);
      printed.push(...lines.flat());
      const { keys } = await store.signingKeys.read('sallyport');
      const kids = keys.map(({ kid }) => kid);
      expect(new Set(kids).size).toBe(kids.length);
      expect(printed.filter((kid) => !kids.includes(kid))).toEqual([]);
      // No two keys begin to sign at the same time, so every instance agrees which one signs.
      const times = keys.map(({ signsFromSeconds }) => signsFromSeconds);
      expect(times).toEqual([...new Set(times)].toSorted((left, right) => left - right));
      expect(signingAt(keys, times.at(-1) ?? 0)?.kid).toBe(kids.at(-1));
    }
    expect(printed.length).toBeGreaterThan(ROUNDS);
  },
);

/** Resolves to the lines that a process printed before it was killed, at most 100 ms after its first line. */
async function linesUntilKilled(open: string): Promise<string[]> {
  const child = startScript(rotateEndlessly(open));
  const lines: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  output.once('line', () => setTimeout(() => child.kill('SIGKILL'), Math.random() * 100));
  await once(output, 'close');
  return lines;
}
