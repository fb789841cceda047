import { describe, expect, it } from 'vitest';
import { OPERATOR, recordAudit } from '../../../test/support/audit.ts';
import { makePolicy, makeRequest, makeRoute } from '../../../test/support/core.ts';
import { makeThrottle, SILENT_LOG_INS } from '../../../test/support/log-in-bounds.ts';
import { SILENT_OBSERVER, SOUND_SET } from '../../../test/support/revocation/standings.ts';
import { basic } from '../../../test/support/servers/http-client.ts';
import { revocationsOf, withRevocations } from '../../../test/support/store/revocations.ts';
import type { AccountEdit } from '../../accounts/accounts.ts';
import { Accounts } from '../../accounts/accounts.ts';
import { CredentialCheck } from '../../accounts/credential-check.ts';
import { Passwords } from '../../accounts/passwords/passwords.ts';
import { Authorizer } from '../../authorizer/authorizer.ts';
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

/** An instance with or without a feed of changes. Counts the passwords that it verifies. */
async function setUp({ hasFeed }: { readonly hasFeed: boolean }) {
  const store = openMemoryStore();
  const time = { aheadMs: 0 };
  const clock = { monotonicMs: () => 5_000 + time.aheadMs, wallMs: () => 1_800_000_000_990 + time.aheadMs };
  const limits = { maxStalenessMs: MAX_STALENESS_MS, keepMs: 0, storeTimeoutMs: 1_000, allowKnownForMs: undefined };
  const observer = SILENT_OBSERVER;
  const parts = { store: revocationsOf(store), clock, observer, maxEntries: 10, ...SOUND_SET };
  const standings = hasFeed
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
  const cache = new PasswordCache();
  const shared = { accounts: store.accounts, standings, cache, clock, issuer: 'sallyport' };
  const authorizer = new Authorizer({
    policy: makePolicy([makeRoute({ basic: true, requirement: { kind: 'anyOf', scopes: ['messages:send'] } })]),
    known: new CredentialCaches({ find: () => undefined }, cache),
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

describe.each([{ hasFeed: true }, { hasFeed: false }])('PasswordCache with a feed: $hasFeed', ({ hasFeed }) => {
  it('verifies a password only once while nothing changes', async () => {
    const { ask, verified } = await setUp({ hasFeed });
    for (let index = 0; index < 5; index++) expect(await ask(OLD)).toBe('allow');
    expect(verified()).toBe(1);
  });

  it('verifies it again after a minute', async () => {
    const { ask, verified, time } = await setUp({ hasFeed });
    await ask(OLD);
    time.aheadMs += 59_999;
    await ask(OLD);
    expect(verified()).toBe(1);
    time.aheadMs += 1;
    expect(await ask(OLD)).toBe('allow');
    expect(verified()).toBe(2);
  });

  it('never caches a wrong password', async () => {
    const { ask, verified } = await setUp({ hasFeed });
    for (let index = 0; index < 3; index++) expect(await ask(NEW)).toBe('credentials_invalid');
    expect(verified()).toBe(3);
  });

  it.each<[string, AccountEdit, string]>([
    ['a new password', { password: NEW }, 'credentials_invalid'],
    ['a disabled account', { disabled: true }, 'credentials_invalid'],
    ['the loss of a scope', { scopes: ['messages:list'] }, 'scope_required'],
  ])('drops a password at once after %s', async (_what, edit, outcome) => {
    const { ask, change, time } = await setUp({ hasFeed });
    expect(await ask(OLD)).toBe('allow');
    await change(edit);
    // Without a feed, the change is visible after the maximum staleness.
    if (!hasFeed) time.aheadMs += MAX_STALENESS_MS + 1;
    expect(await ask(OLD)).toBe(outcome);
    expect(await ask(OLD)).toBe(outcome);
  });

  it('drops it after each of several changes within one second', async () => {
    const { ask, change, time } = await setUp({ hasFeed });
    for (const disabled of [true, false, true, false, true]) {
      await change({ disabled });
      if (!hasFeed) time.aheadMs += MAX_STALENESS_MS + 1;
      expect(await ask(OLD)).toBe(disabled ? 'credentials_invalid' : 'allow');
    }
  });

  it('drops it when the account is removed', async () => {
    const { ask, accounts, id, time } = await setUp({ hasFeed });
    await ask(OLD);
    await accounts.remove(OPERATOR, id);
    if (!hasFeed) time.aheadMs += MAX_STALENESS_MS + 1;
    expect(await ask(OLD)).toBe('credentials_invalid');
  });

  it('still accepts a password after a mark that revokes only tokens', async () => {
    const { store, ask, id, verified, time } = await setUp({ hasFeed });
    const key = `sallyport:notbefore:sallyport:${id}`;
    for (const value of ['1900000000', '999999999999999', 'nonsense']) {
      await store.revocations.write({ key, value, expiresAtSeconds: undefined });
      if (!hasFeed) time.aheadMs += MAX_STALENESS_MS + 1;
      expect(await ask(OLD)).toBe('allow');
      expect(await ask(OLD)).toBe('allow');
    }
    // The greatest mark cannot rise and signal a change, so nothing is cached.
    expect(verified()).toBeGreaterThanOrEqual(5);
  });
});
