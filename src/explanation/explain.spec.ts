import { describe, expect, it } from 'vitest';
import { makeCredential, makeFreshStanding, makeRevokedStanding, makeRoute, NOW_MS } from '../../test/support/core.ts';
import type { Decision } from '../core/decision.ts';
import { deny } from '../core/decision.ts';
import { conclusionOf, entriesOf } from './explain.ts';
import { MEANINGS } from './reason-meanings.ts';

const ENDING = 'sallyport:revoked:partner:t-1';
const credential = makeCredential({
  standings: [makeFreshStanding({ key: 'sallyport:revoked-thumbprint:ab' }), makeRevokedStanding({ key: ENDING })],
});
const revoked = { ...deny('token_revoked', makeRoute(), 'revocation by token id', 'partner'), credential };
const passed: Decision = { outcome: 'allow', route: makeRoute(), credential, shadowed: undefined, keepMs: 0 };
const NOT_LOST = { lostSinceSeconds: undefined };

describe('entriesOf()', () => {
  const asked: string[][] = [];
  const store = {
    read: (keys: readonly string[]) => {
      asked.push([...keys]);
      return Promise.resolve(keys.map(() => '{"at":1,"by":"ops","reason":"leaked"}'));
    },
  };

  it('words the entries that ended a credential, and reads no others', async () => {
    for (const decision of [revoked, { ...passed, shadowed: revoked }]) {
      expect(await entriesOf(decision, store, NOW_MS)).toEqual([
        `${ENDING}: revoked 1970-01-01T00:00:01.000Z by ops: leaked`,
      ]);
    }
    expect(asked).toEqual([[ENDING], [ENDING]]);
  });

  it('reads nothing for another decision', async () => {
    const read = () => Promise.reject(new Error('was read'));
    expect(await entriesOf(passed, { read }, NOW_MS)).toEqual([]);
    expect(await entriesOf(deny('token_revoked', makeRoute(), 'revocation'), { read }, NOW_MS)).toEqual([]);
  });
});

describe('conclusionOf()', () => {
  it('says what was decided and what the reason means', () => {
    expect(conclusionOf(passed, NOT_LOST)).toEqual(['allowed']);
    expect(conclusionOf(revoked, NOT_LOST)).toEqual(['denied: token_revoked, 401', MEANINGS.token_revoked]);
    expect(conclusionOf({ ...passed, shadowed: revoked }, NOT_LOST)).toEqual([
      'allowed by shadow; would be token_revoked',
    ]);
  });

  it('says what to do where the revocation set is lost, and only where that denied', () => {
    const lost = { lostSinceSeconds: 1 };
    const unavailable = deny('unavailable', makeRoute(), 'standing not known');
    expect(conclusionOf(unavailable, lost).at(-1)).toMatch(
      /^the revocation set has been lost since 1970-01-01T00:00:01\.000Z: .* sallyport store accept-loss$/,
    );
    expect(conclusionOf(unavailable, NOT_LOST)).toHaveLength(2);
    expect(conclusionOf(passed, lost)).toEqual(['allowed']);
  });
});
