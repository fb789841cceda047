import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { redisConfig } from '../../../test/support/redis/config.ts';
import type { RedisServer } from '../../../test/support/redis/server.ts';
import { startRedis } from '../../../test/support/redis/server.ts';
import { writeUndone } from '../../core/revocation-entry.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { ENTRY_GRACE_SECONDS } from '../../revocation-set/entry.ts';
import { mergeEntries } from '../../revocation-set/entry-merge.ts';
import type { Store } from '../store.ts';
import { readScripts } from './scripts.ts';
import { openRedisStore } from './store.ts';

const SPACES = ['', ' ', '\t\r\n\v\f', ' \t '];
/** Only spaces of ASCII are trimmed. */
const NO_SPACES = ['\u00a0', '\u2003', '\u3000', '\ufeff', '\u200b', '\u0085', '\u00c2', 'x', '-', '+', '.'];

let server: RedisServer;
let store: Store;
let count = 0;

beforeAll(async () => {
  server = await startRedis({ settings: { appendonly: 'no' } });
  store = await openRedisStore(redisConfig(server.port), { storeMs: 5_000 });
});

afterAll(async () => {
  await store.close();
  await server.close();
});

const around = fc.tuple(fc.constantFrom(...SPACES, ...NO_SPACES), fc.constantFrom(...SPACES, ...NO_SPACES));
const number = fc.oneof(
  fc.nat(300).map(String),
  fc.bigInt({ min: 10n ** 13n, max: 10n ** 17n }).map(String),
  fc.constantFrom('0009', '1e3', '0x10', '٣', ''),
);
const written = fc
  .tuple(fc.constantFrom('', 'after:', 'after: '), number, around)
  .map(([prefix, digits, [before, after]]) => `${before}${prefix}${digits}${after}`);
const undone = fc.constantFrom('unrevoked:{"undoes":"{}"}', 'unrevoked:');
const value = fc.oneof(written, fc.constantFrom('', '{"at":1}', '{"at":2}'), undone, fc.string({ maxLength: 20 }));
/** Far enough from now and from each other that the time that passes does not matter. */
const expiry = fc.option(
  fc.nat(20).map((steps) => 4_000_000_000 + steps * 1_000),
  { nil: undefined },
);
const writes = fc.array(fc.record({ value, expiresAtSeconds: expiry }), { minLength: 1, maxLength: 5 });

describe('the script revocations/write', () => {
  it.each(['notbefore', 'notbefore-issuer', 'revoked'])('merges %s entries as mergeEntries() does', async (family) => {
    await fc.assert(
      fc.asyncProperty(writes, async (entries) => {
        const key = `sallyport:${family}:own:${count++}`;
        let merged: RevocationEntry | undefined;
        for (const added of entries) {
          await store.revocations.write({ key, ...added });
          merged = mergeEntries(merged, { key, ...added });
          expect(await read(key)).toEqual(merged);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps an existing expiry to the millisecond', async () => {
    const key = 'sallyport:revoked:own:kept';
    await server.client.set(key, 'after:5', 'PXAT', 4_000_000_000_123);
    await store.revocations.write({ key, value: '{}', expiresAtSeconds: 3_999_999_999.5 - ENTRY_GRACE_SECONDS });
    expect((await server.client.pttl(key)) + Date.now()).toBeLessThan(4_000_000_000_123 + 1_000);
    expect((await server.client.pttl(key)) + Date.now()).toBeGreaterThan(4_000_000_000_123 - 1_000);
    expect(await server.client.get(key)).toBe('{}');
  });

  it('keeps an entry until its expiry by the clock of Sallyport, if that of Redis is ahead', async () => {
    const key = 'sallyport:revoked:own:behind';
    const ours = Date.now() - 600_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(ours);
    try {
      await store.revocations.write({ key, value: '{}', expiresAtSeconds: ours / 1000 + 400 });
    } finally {
      clock.mockRestore();
    }
    expect((await server.client.ttl(key)) - ENTRY_GRACE_SECONDS).toBeGreaterThan(390);
    expect((await server.client.ttl(key)) - ENTRY_GRACE_SECONDS).toBeLessThan(410);
  });
});

describe('the script revocations/undo', () => {
  it('keeps an undone entry until its expiry by the clock of Sallyport, if that of Redis is days ahead', async () => {
    const key = 'sallyport:revoked:own:undone';
    const ours = Date.now() - 5 * ENTRY_GRACE_SECONDS * 1000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(ours);
    const expiresAtSeconds = ours / 1000 + 400;
    try {
      await store.revocations.write({ key, value: '{}', expiresAtSeconds });
      const undone = { key, value: writeUndone({ undoes: '{}' }), expiresAtSeconds };
      expect(await store.revocations.undo('{}', undone)).toBe(true);
      expect(await server.client.get(key)).toBe(undone.value);
    } finally {
      clock.mockRestore();
    }
    expect((await server.client.ttl(key)) - ENTRY_GRACE_SECONDS).toBeGreaterThan(390);
    expect((await server.client.ttl(key)) - ENTRY_GRACE_SECONDS).toBeLessThan(410);
  });
});

describe('readScripts()', () => {
  const scripts = readScripts();

  it('names every script by its path, without the included files', () => {
    expect([...scripts.keys()]).toContain('accounts/update-marked');
    expect([...scripts.keys()].filter((name) => name.includes('include'))).toEqual([]);
  });

  it('puts each included file into a script once', () => {
    for (const { lua } of scripts.values()) expect(lua).not.toMatch(/^-- include /m);
    expect(scripts.get('accounts/remove')?.lua.split('local function stands(')).toHaveLength(2);
  });

  it('uses the grace period of the entries', () => {
    expect(scripts.get('revocations/write')?.lua).toContain(`local GRACE_SECONDS = ${ENTRY_GRACE_SECONDS}\n`);
  });
});

async function read(key: string): Promise<RevocationEntry> {
  const [found, left] = [(await server.client.get(key)) ?? 'none', await server.client.pttl(key)];
  const expiresAtSeconds =
    left < 0 ? undefined : Math.round((Date.now() + left - ENTRY_GRACE_SECONDS * 1_000) / 1_000_000) * 1_000;
  return { key, value: found, expiresAtSeconds };
}
