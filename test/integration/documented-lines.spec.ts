import { describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { deny } from '../../src/core/decision.ts';
import { TOOLS_CALL } from '../../src/core/resource/mcp-message.ts';
import { Observation } from '../../src/observe/observation.ts';
import { makeCredential, makeRequest, makeRoute } from '../support/core.ts';
import { publicMembers } from '../support/public-members.ts';
import { documentedLines, ownMembers } from './documented-lines.ts';

const documented = documentedLines();

/** Everything that is logged, by a clock that stands still. */
function logging() {
  const lines: string[] = [];
  const clock = { wallMs: () => 0, monotonicMs: () => 0 };
  const destination = { write: (line: string) => void lines.push(line) };
  const observation = new Observation({ level: 'debug', passes: 1, audit: undefined }, { clock, destination });
  const audit = new AuditLog(observation.auditOutput, observation.repeats);
  const take = (): { readonly msg: string }[] => {
    observation.close();
    // Our own JSON.
    const all = lines.map((line) => JSON.parse(line) as { readonly log: string; readonly msg: string });
    return all.filter(({ log }) => log !== 'app');
  };
  return { observation, audit, take };
}

describe('docs/logs.md on the decision log', () => {
  it('documents each member of a line, and no other', () => {
    const { observation, take } = logging();
    const { events } = observation;
    const route = makeRoute({ requirement: { kind: 'anyOf', scopes: ['a:b'] } });
    const request = makeRequest({
      authorization: 'Bearer x',
      requestId: 'r-1',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      client: () => '192.0.2.1',
    });
    const mcp = { rules: undefined, tools: new Map([['send', route.requirement]]), other: route.requirement };
    const onMcp = { ...route, mcp: mcp as never }; // Only its tools are looked at.
    events.decided(request, { ...deny('scope_required', route, 'scope', 'partner'), credential: makeCredential() });
    events.decided(request, deny('route_denied', undefined, 'route'));
    events.decided({ ...request, scope: 'a:b' }, deny('scope_required', route, 'scope'));
    events.decided(
      { ...request, mcp: { outcome: 'read', method: TOOLS_CALL, tool: 'send' } },
      deny('scope_required', onMcp, 'scope'),
    );
    const found = new Set(take().flatMap(ownMembers));
    expect([...found].toSorted()).toEqual([...documented.decision].toSorted());
  });
});

describe('docs/logs.md on the audit log', () => {
  const who = { account: 'acc-1', client: '192.0.2.1' };
  const by = { by: 'operator:ada' };
  const copy = { exportedAt: 'then', accounts: 1, signingKeys: 1, tokens: 1, revocations: 1, conflicts: 0 };
  const account = { id: 'acc-2', scopes: ['a:b'], disabled: true };
  const one = { expiresAtSeconds: 1 };
  const TARGETS = [
    { kind: 'token', issuer: 'own', tokenId: 't-1', unrecorded: true, ...one },
    { kind: 'claims', issuer: 'legacy', claims: '[]', ...one },
    { kind: 'thumbprint', thumbprint: 'ab', ...one },
    { kind: 'signing key', issuer: 'own', kid: 'k-1' },
    { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds: 1 },
    { kind: 'issuer', issuer: 'own', issuedUpToSeconds: 1 },
  ] as const;
  /** Every record with every member, by the method that writes it. */
  const WRITERS: Readonly<Record<Exclude<keyof AuditLog, 'write'>, (audit: AuditLog) => void>> = {
    configurationTakenUp: (audit) => audit.configurationTakenUp(),
    firstAccountCreated: (audit) => audit.firstAccountCreated('root'),
    accountAdded: (audit) => audit.accountAdded(who, account),
    accountChanged: (audit) => audit.accountChanged(who, account, ['scopes']),
    accountUnlocked: (audit) => audit.accountUnlocked(who, 'acc-2'),
    accountRemoved: (audit) => audit.accountRemoved(who, 'acc-2'),
    tokenIssued: (audit) => {
      for (const isRepeated of [false, true])
        audit.tokenIssued(who, { id: 't-1', scopes: ['a:b'], family: 'f-1', isRepeated });
    },
    tokenRotated: (audit) => {
      for (const isRepeated of [false, true]) audit.tokenRotated(who, 't-1', { id: 't-2', isRepeated });
    },
    tokenRefreshed: (audit) => {
      for (const isRepeated of [false, true]) audit.tokenRefreshed(who, { id: 't-1', family: 'f-1', isRepeated });
    },
    refreshTokenReused: (audit) => audit.refreshTokenReused(who, 'f-1'),
    loggedIn: (audit) => audit.loggedIn(who, 't-1'),
    revoked: (audit) => {
      for (const target of TARGETS) audit.revoked(who, target, 'leaked');
    },
    unrevoked: (audit) => {
      for (const target of TARGETS) audit.unrevoked(who, target, 'a slip');
    },
    foreignTokenLeft: (audit) => audit.foreignTokenLeft(who, 't-1'),
    signingKeyMade: (audit) => audit.signingKeyMade(who, { issuer: 'own', kid: 'k-1', signsFrom: 'then' }),
    signingKeysResealed: (audit) => audit.signingKeysResealed(who, { issuer: 'own', count: 1 }),
    lossAccepted: (audit) => audit.lossAccepted(who, { key: 'k', epoch: 'e', lost: ['d'], noticedAtSeconds: 1 }),
    storeImported: (audit) => {
      for (const isComplete of [true, false]) audit.storeImported(who, { ...copy, isComplete });
    },
    foreignFormRefused: (audit) => {
      for (let count = 0; count < 2; count++) audit.foreignFormRefused('192.0.2.1', 'POST /console/login');
    },
  };

  it('documents each member of each record, and no other', () => {
    const { observation, audit, take } = logging();
    for (const write of Object.values(WRITERS)) write(audit);
    audit.accountRemoved(by, 'acc-2');
    const refused = { accountId: 'acc-1' };
    for (let count = 0; count < 12; count++) {
      observation.events.logInRefused('192.0.2.1', { ...refused, reason: 'credentials_invalid', check: 'password' });
      const full = { reason: 'too_many_attempts', check: 'password queue is full' } as const;
      observation.events.logInRefused('192.0.2.1', { ...refused, ...full });
      const behind = { reason: 'unavailable', check: 'the clock is behind' } as const;
      observation.events.logInRefused('192.0.2.1', { ...refused, ...behind });
      observation.events.guessesSpent('acc-1', 'this address', '192.0.2.1');
    }
    const found = new Map<string, Set<string>>();
    for (const line of take()) {
      const members = found.get(line.msg) ?? new Set<string>();
      for (const name of ownMembers(line)) members.add(name);
      found.set(line.msg, members);
    }
    // Each author occurs in some record; which of them, the act decides.
    const plain = (lines: ReadonlyMap<string, ReadonlySet<string>>) =>
      Object.fromEntries(
        [...lines].map(([msg, names]) => [msg, [...names, ...authorsBeside(names)].toSorted()] as const),
      );
    expect(plain(found)).toEqual(plain(documented.audit));
  });

  it('knows every record that the audit log can write', () => {
    const methods = (publicMembers().get('AuditLog') ?? []).toSorted();
    expect(Object.keys(WRITERS).toSorted()).toEqual(methods);
  });
});

/** `by` stands wherever an account could: an operator has no address. */
function authorsBeside(names: ReadonlySet<string>): string[] {
  return names.has('account') && names.has('client') && !names.has('by') ? ['by'] : [];
}
