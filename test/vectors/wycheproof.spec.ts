import { describe, expect, it } from 'vitest';
import { parseJwt } from '../../src/verification/jwt.ts';
import { hasVectors, NEEDS, readVectors } from './folder.ts';
import { issuerWith, type Jwk, publisher, verdictOn } from './verdict.ts';

const SIGNATURES = 'wycheproof/json_web_signature_test.json';
const KEYS = 'wycheproof/json_web_key_test.json';

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly jws: string;
  readonly result: 'valid' | 'invalid';
}

interface Vectors<Key> {
  readonly testGroups: readonly { readonly public?: Key; readonly private: Key; readonly tests: readonly Case[] }[];
}

/** Cases that wycheproof accepts and that section 3 of the contract refuses, with the step that refuses them. */
const STRICTER: Readonly<Record<number, string>> = {
  346: 'key', // header PS384, the key is published for PS256
  350: 'key', // the same, with key_ops
  347: 'key', // header ES512, the key is published for ES521, which does not exist
  351: 'key', // the same, with key_ops
  372: 'encoding', // a character that is no base64url inside the header
  373: 'encoding', // a character that is no base64url inside the payload
};

/**
 * Called invalid for their padding, which is not in the file: these are byte for byte the valid case 357. True padding
 * is refused in `token.spec.ts`.
 */
const NO_DIFFERENT: readonly number[] = [367, 370];

describe.skipIf(!hasVectors(SIGNATURES))(`wycheproof JSON web signatures (${NEEDS})`, () => {
  it('all 401 have the expected verdict', async () => {
    const wrong = (await judgeAll()).filter(({ tcId, result, verdict }) => {
      const expected = NO_DIFFERENT.includes(tcId) || result === 'valid' ? (STRICTER[tcId] ?? 'valid') : 'refused';
      return expected === 'refused' ? verdict === 'valid' : verdict !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it('are 401, and none has claims as its payload', async () => {
    const cases = await judgeAll();
    expect(cases).toHaveLength(401);
    expect(cases.filter(({ result }) => result === 'valid')).toHaveLength(46);
    expect(cases.filter(({ verdict }) => verdict === 'valid')).toHaveLength(46 - 6 + NO_DIFFERENT.length);
    expect(cases.filter(({ jws }) => typeof parseJwt(jws) === 'object')).toEqual([]);
  });

  it('are valid without the wrong alg of a key: PS384 and ES512', async () => {
    for (const group of readVectors<Vectors<Jwk>>(SIGNATURES).testGroups) {
      const { alg: _, ...key } = group.public ?? group.private;
      for (const { tcId, jws } of group.tests.filter((test) => STRICTER[test.tcId] === 'key')) {
        expect([tcId, await verdictOn(jws, issuerWith(key))]).toEqual([tcId, 'valid']);
      }
    }
  });

  it('differ where they have another verdict', async () => {
    const cases = await judgeAll();
    const named = cases.map((test) => ({ ...test, name: `${test.group} ${test.jws}` }));
    const valid = new Set(named.filter(({ result }) => result === 'valid').map(({ name }) => name));
    const same = named.filter(({ result, name }) => result === 'invalid' && valid.has(name)).map(({ tcId }) => tcId);
    expect(same).toEqual(NO_DIFFERENT);
  });

  it.each<[step: string, what: string, tcIds: readonly number[]]>([
    ['algorithm', 'alg none in four spellings', [341, 342, 343, 344]],
    ['key', 'keys for other uses than signatures', [353, 354, 355, 356]],
    ['encoding', 'invalid characters and bits', [360, 361, 362, 363, 364, 365, 366, 368, 369, 371, 374, 375]],
    ['signature', 'ECDSA signatures at the edge of the field', Array.from({ length: 22 }, (_, index) => 380 + index)],
  ])('are refused by the right step: %s, %s', async (step, _, tcIds) => {
    const verdicts = (await judgeAll()).filter(({ tcId }) => tcIds.includes(tcId)).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(tcIds.map(() => step));
  });
});

interface Judged extends Case {
  /** Cases of one group share their key. */
  readonly group: number;
  readonly verdict: string;
}

async function judgeAll(): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const [index, group] of readVectors<Vectors<Jwk>>(SIGNATURES).testGroups.entries()) {
    const issuer = issuerWith(group.public ?? group.private);
    for (const test of group.tests) {
      judged.push({ ...test, group: index, verdict: await verdictOn(test.jws, issuer) });
    }
  }
  return judged;
}

/** Our verdicts that differ from wycheproof's on key sets. */
const OTHER_FOR_KEYS: Readonly<Record<number, string>> = {
  2: 'key', // a shared secret in a key set is never used
  7: 'valid', // a ROCA key: a weakness of who made the key, which we do not look for
  13: 'key', // a shared secret
  14: 'key', // a shared secret
  15: 'key', // a shared secret
};

describe.skipIf(!hasVectors(KEYS))(`wycheproof JSON web key sets (${NEEDS})`, () => {
  it('all 26 have the expected verdict', async () => {
    const wrong: unknown[] = [];
    let cases = 0;
    for (const group of readVectors<Vectors<{ readonly keys: readonly Jwk[] }>>(KEYS).testGroups) {
      const issuer = publisher((group.public ?? group.private).keys);
      for (const { tcId, comment, jws, result } of group.tests) {
        // An issuer with a key set never lists HS*, so this tests the check of the key itself.
        const verdict = (await verdictOn(jws, issuer)).replace('algorithm', 'key');
        cases += 1;
        const expected = OTHER_FOR_KEYS[tcId] ?? (result === 'valid' ? 'valid' : 'refused');
        const isRight = expected === 'refused' ? verdict !== 'valid' : verdict === expected;
        if (!isRight) wrong.push({ tcId, comment, result, verdict });
      }
    }
    expect([wrong, cases]).toEqual([[], 26]);
  });
});
