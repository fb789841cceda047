import { describe, expect, it } from 'vitest';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import { TokenCache, tokenMemory } from './token-cache.ts';

const TAIL = 'x'.repeat(43);

function credential(subject: string): VerifiedCredential {
  return {
    outcome: 'verified',
    identity: { issuer: 'sallyport', subject, tokenId: undefined, scheme: 'bearer', scopes: [] },
    granted: new Set(),
    use: undefined,
    validUntilMs: Number.POSITIVE_INFINITY,
    issuedAtSeconds: 0,
    generation: 1,
    key: { inForce: true },
    standings: [],
    upstream: { token: undefined },
    lastUse: undefined,
  };
}

describe('TokenCache', () => {
  it('find() returns a credential for the exact token only', () => {
    const cache = new TokenCache(10);
    const alice = credential('alice');
    cache.add(`h.alice.${TAIL}`, alice);
    expect(cache.find({ scheme: 'bearer', value: `h.alice.${TAIL}` })).toBe(alice);
    for (const value of [
      `h.root.${TAIL}`,
      `h.alice.${TAIL} `,
      ` h.alice.${TAIL}`,
      `H.alice.${TAIL}`,
      `h.alicE.${TAIL}`,
      TAIL,
      TAIL.slice(-22),
      TAIL.slice(-12),
      '',
    ]) {
      expect(cache.find({ scheme: 'bearer', value })).toBeUndefined();
    }
  });

  it.each<[what: string, token: string, changes: Partial<VerifiedCredential['identity']>, kept: number]>([
    ['short tokens', '', {}, 100],
    ['long tokens', 'x'.repeat(16_000), {}, 50],
    ['long names', '', { subject: 'x'.repeat(1_000), tokenId: 'x'.repeat(1_000) }, 100],
    ['many scopes', '', { scopes: Array.from({ length: 1_000 }, (_, index) => `scope-${index}`) }, 11],
  ])('stays within its memory limit with %s', (_, filling, changes, kept) => {
    const cache = new TokenCache(100, 1_000_000);
    for (let index = 0; index < 200; index++) {
      const { identity, ...rest } = credential('alice');
      cache.add(`${filling}.${index}.${TAIL}${index}`, { ...rest, identity: { ...identity, ...changes } });
    }
    expect(cache.size).toBeGreaterThan(kept * 0.8);
    expect(cache.size).toBeLessThanOrEqual(Math.ceil(kept * 1.2));
  });

  it('takes a share of the heap, and no more than 512 MiB', () => {
    expect(tokenMemory(4 * 1024 ** 3)).toBe(512 * 1024 ** 2);
    expect(tokenMemory(460_000_000)).toBe(253_000_000);
  });

  it('counts the dropped words of its tokens', () => {
    const sizeWith = (words: readonly string[]): number => {
      const cache = new TokenCache(100, 100_000);
      for (let index = 0; index < 100; index++) {
        cache.add(`h.${index}.${TAIL}${index}`, { ...credential('alice'), dropped: { words, more: 0 } });
      }
      return cache.size;
    };
    expect(sizeWith(Array.from({ length: 10 }, () => 'x'.repeat(60)))).toBeLessThan(sizeWith([]) * 0.7);
  });

  it('counts the lists and objects in the kept claims of its tokens', () => {
    const claims = new Map([['nested', JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)]]);
    const cache = new TokenCache(1_000, 1_000_000);
    for (let index = 0; index < 1_000; index++) {
      cache.add(`h.${index}.${TAIL}${index}`, { ...credential('alice'), claims });
    }
    // Each takes about 30 kB.
    expect(cache.size).toBeLessThan(40);
  });

  it('has room for the signed identities of its tokens, which are made later', () => {
    const held = (isSigned: boolean): number => {
      const cache = new TokenCache(1_000, 100_000);
      for (let index = 0; index < 1_000; index++) {
        cache.add(`${index}.${TAIL}${index}`, { ...credential('c'), upstream: { token: undefined, isSigned } });
      }
      return cache.size;
    };
    expect(held(true)).toBeLessThan(held(false) * 0.7);
  });

  it('counts its tokens, hits and misses', () => {
    const cache = new TokenCache(1);
    const find = (name: string): unknown => cache.find({ scheme: 'bearer', value: `h.${name}.${name}${TAIL}${name}` });
    const add = (name: string): void => cache.add(`h.${name}.${name}${TAIL}${name}`, credential(name));
    for (const name of ['alice', 'bob']) find(name);
    for (const name of ['alice', 'bob']) add(name);
    for (const name of ['alice', 'bob', 'bob']) find(name);
    cache.find({ scheme: 'basic', value: 'x' });
    expect(cache).toMatchObject({ size: 1, hits: 2, misses: 3 });
  });

  it('find() never returns a token for a Basic credential', () => {
    const cache = new TokenCache(10);
    cache.add(`h.alice.${TAIL}`, credential('alice'));
    expect(cache.find({ scheme: 'basic', value: `h.alice.${TAIL}` })).toBeUndefined();
  });

  it('find() distinguishes two tokens that differ in the last character', () => {
    const cache = new TokenCache(10);
    const pairs = ['A', 'B'].map((last) => [`h.p.${TAIL}${last}`, credential(last)] as const);
    for (const [token, owner] of pairs) cache.add(token, owner);
    expect(pairs.map(([value]) => cache.find({ scheme: 'bearer', value }))).toEqual(pairs.map(([, owner]) => owner));
  });

  it('find() knows every one of many tokens with the same end, and never confuses them', () => {
    const cache = new TokenCache(5_000);
    const names = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    const find = (name: string): unknown => cache.find({ scheme: 'bearer', value: `h.${name}.${TAIL}` });
    for (const name of names) cache.add(`h.${name}.${TAIL}`, credential(name));
    expect(names.map(find)).toEqual(
      names.map((name) => expect.objectContaining({ identity: { ...credential(name).identity } })),
    );
    expect([find('other'), find(''), cache.find({ scheme: 'bearer', value: TAIL })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(cache.last(`h.p7.${TAIL}`)).toMatchObject({ identity: { subject: 'p7' } });
  });

  it('stays bounded with tokens of the same end, and knows the latest of them', () => {
    const cache = new TokenCache(100);
    for (let index = 0; index < 10_000; index++) cache.add(`h.p${index}.${TAIL}`, credential(`p${index}`));
    expect(cache.size).toBeLessThanOrEqual(100);
    const latest = cache.find({ scheme: 'bearer', value: `h.p9999.${TAIL}` });
    expect(latest).toMatchObject({ identity: { subject: 'p9999' } });
  });

  it('add() keeps the last use of a token that is verified again, also among others with its end', () => {
    for (const others of [[], ['bob', 'carol']]) {
      const cache = new TokenCache(10);
      const before = { ...credential('alice'), lastUse: { atMs: 7 } };
      const after = { ...credential('alice'), lastUse: { atMs: Number.NEGATIVE_INFINITY } };
      for (const name of others) cache.add(`h.${name}.${TAIL}`, credential(name));
      cache.add(`h.alice.${TAIL}`, before);
      cache.add(`h.alice.${TAIL}`, after);
      expect(after.lastUse.atMs).toBe(7);
    }
  });

  it('add() evicts the least recently used token when the cache is full', () => {
    const cache = new TokenCache(3);
    const tokenOf = (index: number): string => `h.p.${String(index).padStart(43, '-')}`;
    const isKnown = (index: number): boolean => cache.find({ scheme: 'bearer', value: tokenOf(index) }) !== undefined;
    for (const index of [1, 2, 3]) cache.add(tokenOf(index), credential(String(index)));
    expect(isKnown(1)).toBe(true);
    cache.add(tokenOf(4), credential('4'));
    expect([1, 2, 3, 4].map(isKnown)).toEqual([true, false, true, true]);
    for (let index = 5; index < 1000; index++) cache.add(tokenOf(index), credential('flood'));
    expect(Array.from({ length: 1000 }, (_, index) => index).filter(isKnown)).toEqual([997, 998, 999]);
  });
});
