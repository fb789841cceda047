import { describe, expect, it } from 'vitest';
import { makeThrottle } from '../../test/support/log-in-bounds.ts';
import type { LogInOutcome } from '../core/check.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { CredentialCheck } from './credential-check.ts';
import { FREE_GUESSES } from './guesses/log-in-history.ts';
import { Passwords } from './passwords/passwords.ts';

const PASSWORD = 'correct horse';
const HOME = '203.0.113.7';
const clock = { monotonicMs: () => 5_000, wallMs: () => 1_800_000_000_000 };

async function setUp() {
  const store = openMemoryStore();
  const passwords = new Passwords();
  const hashed = await passwords.hash(PASSWORD);
  if (hashed.outcome === 'busy') throw new Error('busy');
  const rest = { scopes: [], disabled: false, createdAtSeconds: 1, version: 0 };
  await store.accounts.add({ id: 'account-1', name: 'ada', passwordHash: hashed.value, ...rest });
  const outcomes: LogInOutcome[] = [];
  const spent: unknown[] = [];
  const observer = {
    credentialsChecked: (outcome: LogInOutcome) => void outcomes.push(outcome),
    guessesSpent: (...facts: readonly unknown[]) => void spent.push(facts),
  };
  const parts = { accounts: store.accounts, passwords, observer };
  const instance = () => {
    const { throttle } = makeThrottle(clock, { shared: store.logInHistory });
    return new CredentialCheck({ ...parts, throttle });
  };
  return { outcomes, spent, instance };
}

describe('CredentialCheck', () => {
  it('admits known-good credentials and a familiar block while guesses at made-up names fill the queue', async () => {
    const { instance } = await setUp();
    const before = instance();
    await before.check('ada', PASSWORD, HOME);
    // The second instance does not know the credentials, only the familiar block.
    for (const one of [before, instance()]) {
      const flood = Array.from({ length: 60 }, (_, index) => one.check(`made up ${index}`, 'guess', undefined));
      const owners = Array.from({ length: 5 }, () => one.check('ada', PASSWORD, HOME));
      expect((await Promise.all(owners)).map(({ outcome }) => outcome)).toEqual(owners.map(() => 'account'));
      const verdicts = await Promise.all(flood);
      expect(verdicts.filter((verdict) => 'reason' in verdict && verdict.reason === 'too_many_attempts')).not.toEqual(
        [],
      );
    }
  });

  it('names the account in a refusal if it exists, for the log', async () => {
    const { instance } = await setUp();
    expect(await instance().check('ADA', 'guess', HOME)).toMatchObject({ check: 'password', accountId: 'account-1' });
    const none = await instance().check('unknown', 'guess', HOME);
    expect(none).toMatchObject({ check: 'no such account', accountId: undefined });
  });

  it('reports each outcome, and a spent budget once', async () => {
    const { instance, outcomes, spent } = await setUp();
    const check = instance();
    await check.check('ada', PASSWORD, HOME);
    for (let turn = 0; turn < FREE_GUESSES + 2; turn++) await check.check('ada', 'guess', '192.0.2.1');
    const failures = Array.from({ length: FREE_GUESSES }, () => 'refused');
    expect(outcomes).toEqual(['succeeded', ...failures, 'throttled', 'throttled']);
    expect(spent).toEqual([['account-1', 'strangers', '192.0.2.1']]);
  });

  it('reports a failure and counts no guess if the accounts cannot be read', async () => {
    const { outcomes, spent } = await setUp();
    const { throttle } = makeThrottle(clock);
    const observer = { credentialsChecked: (one: LogInOutcome) => void outcomes.push(one), guessesSpent: () => {} };
    const accounts = { find: () => Promise.reject(new Error('down')) };
    const check = new CredentialCheck({ accounts, passwords: new Passwords(), throttle, observer });
    for (let turn = 0; turn < 2 * FREE_GUESSES; turn++) {
      await expect(check.check('ada', 'guess', HOME)).rejects.toThrow('down');
    }
    expect(new Set(outcomes)).toEqual(new Set(['failed']));
    expect(spent).toEqual([]);
  });
});
