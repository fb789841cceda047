import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { signingAt } from '../../src/signing/key-life.ts';
import type { Store } from '../../src/store/store.ts';
import { openRedisForTest, redisConfig, redisForTest } from '../support/redis/config.ts';
import { openForTest, startScript, temporaryFile } from '../support/store/sqlite-file.ts';

const ROUNDS = 8;
const SIGNING = new URL('../support/jwt/signing.ts', import.meta.url).href;

/** Rotates without end on `store`, a publishing time apart by its own clock, and prints each key it was told it made. */
const rotateEndlessly = (open: string): string => `
  import { Ringing } from '${SIGNING}';
  ${open}
  const ringing = new Ringing(store);
  for (;;) {
    const keys = await ringing.ring().reconcile();
    ringing.nowSeconds = Math.max(...keys.map((key) => key.signsFromSeconds));
    const { outcome, key } = await ringing.ring().rotate();
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
  'two that rotate at once on %s, killed at any moment, leave a whole set with every key they were told of',
  { timeout: 120_000 },
  async (kind) => {
    const { store, open } = await KINDS[kind]();
    const told: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const lines = await Promise.all([linesUntilKilled(open), linesUntilKilled(open)]);
      told.push(...lines.flat());
      const { keys } = await store.signingKeys.read('sallyport');
      const kids = keys.map(({ kid }) => kid);
      expect(new Set(kids).size).toBe(kids.length);
      expect(told.filter((kid) => !kids.includes(kid))).toEqual([]);
      // One after the other: no two begin at one moment, so everybody agrees which one signs.
      const times = keys.map(({ signsFromSeconds }) => signsFromSeconds);
      expect(times).toEqual([...new Set(times)].toSorted((left, right) => left - right));
      expect(signingAt(keys, times.at(-1) ?? 0)?.kid).toBe(kids.at(-1));
    }
    expect(told.length).toBeGreaterThan(ROUNDS);
  },
);

/** What a process had printed when it was killed, some time after its first line. */
async function linesUntilKilled(open: string): Promise<string[]> {
  const child = startScript(rotateEndlessly(open));
  const lines: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  output.once('line', () => setTimeout(() => child.kill('SIGKILL'), Math.random() * 100));
  await once(output, 'close');
  return lines;
}
