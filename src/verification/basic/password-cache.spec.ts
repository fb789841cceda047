import { describe, expect, it } from 'vitest';
import { OPERATOR, recordAudit } from '../../../test/support/audit.ts';
import { makePolicy, makeRequest, makeRoute } from '../../../test/support/core.ts';
import { makeThrottle, SILENT_LOG_INS } from '../../../test/support/log-in-bounds.ts';
import { basic } from '../../../test/support/servers/basic.ts';
import { SILENT_OBSERVER, SOUND_SET } from '../../../test/support/standings.ts';
import { revocationsOf, withRevocations } from '../../../test/support/store/revocations.ts';
import type { AccountEdit } from '../../accounts/accounts.ts';
import { Accounts } from '../../accounts/accounts.ts';
import { CredentialCheck } from '../../accounts/credential-check.ts';
import { Passwords } from '../../accounts/passwords/passwords.ts';
import { Authorizer } from '../../authorizer.ts';
import type { Decision } from '../../core/decision.ts';
import { RevocationSet } from '../../revocation-set/revocation-set.ts';
import { Standings } from '../../revocation-set/standings.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { CredentialCaches } from '../credential-caches.ts';
import { BasicVerifier } from './basic-verifier.ts';
import { PasswordCache } from './password-cache.ts';

const OLD = 'the old password';
const NEW = 'the new password';
const MAX_STALENESS_MS = 1_000;

/** An instance that hears of changes as `hears` says; what it verifies is counted. */
async function setUp({ hears }: { readonly hears: boolean }) {
  const store = openMemoryStore();
  const time = { aheadMs: 0 };
  const clock = { monotonicMs: () => 5_000 + time.aheadMs, wallMs: () => 1_800_000_000_990 + time.aheadMs };
  const limits = { maxStalenessMs: MAX_STALENESS_MS, storeTimeoutMs: 1_000, allowKnownForMs: undefined };
  const observer = SILENT_OBSERVER;
  const parts = { store: revocationsOf(store), clock, observer, maxEntries: 10, ...SOUND_SET };
  const standings = hears
    ? (await RevocationSet.open({ store, clock, observer, limits, maxStandings: 10 })).standings
    : new Standings({ ...parts, ...limits });
  const passwords = new Passwords();
  const catalogue = new Set(['messages:send', 'messages:list']);
  const accounts = new Accounts({
    store: withRevocations(store),
    passwords,
    issuer: 'sallyport',
    catalogue,
    clock,
    audit: recordAudit().audit,
  });
  const added = await accounts.add(OPERATOR, { name: 'ada', password: OLD, scopes: [...catalogue] });
  if ('outcome' in added) throw new Error(added.message);
  let verified = 0;
  const counting = {
    hasRoom: () => true,
    verify: (password: string, phc: string | undefined) => {
      verified += 1;
      return passwords.verify(password, phc);
    },
  };
  const { throttle } = makeThrottle(clock);
  const credentials = new CredentialCheck({
    accounts: store.accounts,
    passwords: counting,
    throttle,
    observer: SILENT_LOG_INS,
  });
  const known = new PasswordCache();
  const shared = { accounts: store.accounts, standings, known, clock, issuer: 'sallyport' };
  const authorizer = new Authorizer({
    policy: makePolicy([makeRoute({ basic: true, requirement: { kind: 'anyOf', scopes: ['messages:send'] } })]),
    known: new CredentialCaches({ find: () => undefined }, known),
    verifier: new BasicVerifier({ ...shared, credentials, generation: 1 }),
    standings,
    clock,
    observer: { decided() {}, failed() {} },
    decisionTimeoutMs: 5_000,
  });
  const ask = async (password: string): Promise<string> => {
    const authorization = basic('ada', password);
    return outcomeOf(await authorizer.decide(makeRequest({ authorization })));
  };
  const change = (edit: AccountEdit) => accounts.change(OPERATOR, added, edit);
  return { store, accounts, id: added.id, time, ask, change, verified: () => verified };
}

function outcomeOf(decision: Decision): string {
  return decision.outcome === 'allow' ? 'allow' : decision.reason;
}

describe.each([{ hears: true }, { hears: false }])('KnownPasswords, where the feed is heard: $hears', ({ hears }) => {
  it('verifies a password once, as long as nothing changes', async () => {
    const { ask, verified } = await setUp({ hears });
    for (let index = 0; index < 5; index++) expect(await ask(OLD)).toBe('allow');
    expect(verified()).toBe(1);
  });

  it('verifies it again after a minute', async () => {
    const { ask, verified, time } = await setUp({ hears });
    await ask(OLD);
    time.aheadMs += 59_999;
    await ask(OLD);
    expect(verified()).toBe(1);
    time.aheadMs += 1;
    expect(await ask(OLD)).toBe('allow');
    expect(verified()).toBe(2);
  });

  it('never remembers one that is wrong', async () => {
    const { ask, verified } = await setUp({ hears });
    for (let index = 0; index < 3; index++) expect(await ask(NEW)).toBe('credentials_invalid');
    expect(verified()).toBe(3);
  });

  it.each<[string, AccountEdit, string]>([
    ['a new password', { password: NEW }, 'credentials_invalid'],
    ['a disabled account', { disabled: true }, 'credentials_invalid'],
    ['a scope less', { scopes: ['messages:list'] }, 'scope_required'],
  ])('forgets it at once after %s', async (_what, edit, outcome) => {
    const { ask, change, time } = await setUp({ hears });
    expect(await ask(OLD)).toBe('allow');
    await change(edit);
    // Nobody who does not hear promises it sooner.
    if (!hears) time.aheadMs += MAX_STALENESS_MS + 1;
    expect(await ask(OLD)).toBe(outcome);
    expect(await ask(OLD)).toBe(outcome);
  });

  it('forgets it each time, also where the changes are of one second', async () => {
    const { ask, change, time } = await setUp({ hears });
    for (const disabled of [true, false, true, false, true]) {
      await change({ disabled });
      if (!hears) time.aheadMs += MAX_STALENESS_MS + 1;
      expect(await ask(OLD)).toBe(disabled ? 'credentials_invalid' : 'allow');
    }
  });

  it('forgets it when the account is removed', async () => {
    const { ask, accounts, id, time } = await setUp({ hears });
    await ask(OLD);
    await accounts.remove(OPERATOR, id);
    if (!hears) time.aheadMs += MAX_STALENESS_MS + 1;
    expect(await ask(OLD)).toBe('credentials_invalid');
  });

  it('goes on taking a password where a mark ends tokens alone', async () => {
    const { store, ask, id, verified, time } = await setUp({ hears });
    const key = `sallyport:notbefore:sallyport:${id}`;
    for (const value of ['1900000000', '999999999999999', 'nonsense']) {
      await store.revocations.write({ key, value, expiresAtSeconds: undefined });
      if (!hears) time.aheadMs += MAX_STALENESS_MS + 1;
      expect(await ask(OLD)).toBe('allow');
      expect(await ask(OLD)).toBe('allow');
    }
    // A mark that cannot rise tells of no change: nothing is remembered.
    expect(verified()).toBeGreaterThanOrEqual(5);
  });
});
