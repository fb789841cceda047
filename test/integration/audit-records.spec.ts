import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as storeCopies from '../../src/app/store-copies.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { formatEpoch, parseEpoch } from '../../src/revocation-set/epoch.ts';
import { Sealer } from '../../src/signing/sealer.ts';
import { resealSigningKey } from '../../src/signing/signing-key.ts';
import { importCopy } from '../../src/store/copy/import-copy.ts';
import { checkCopy } from '../../src/store/copy/read-copy.ts';
import { writeCopy } from '../../src/store/copy/write-copy.ts';
import { publicMembers } from '../support/public-members.ts';
import type { UseCases } from '../support/use-cases.ts';
import { openUseCases } from '../support/use-cases.ts';

const PASSWORD = 'a secret of ada lovelace';
const SCOPES = ['messages:send'];
const OPERATOR = { by: 'operator:ada' };
const FORMER = new Uint8Array(32).fill(9);

/** What an act needs: the use cases, and an account with a token. */
interface Scene extends UseCases {
  readonly ada: { readonly account: string; readonly client: string };
  readonly authority: { accountId: string; accountVersion: number; atSeconds: number; token: undefined };
  readonly manager: { by: Scene['ada']; accountVersion: number; granted: ReadonlySet<string> };
  readonly token: { readonly id: string; readonly accessToken: string; readonly expiresAtSeconds: number };
}

/** Does one thing that changes state, and resolves to the record that it must leave. */
type Act = (scene: Scene) => Promise<object>;

/** Changes no state that needs a record. */
const READS = 'reads';
/** Runs another act of this table, which leaves the record. */
const RUNS_ANOTHER = 'runs another act';

type Table = Readonly<Record<string, Act | typeof READS | typeof RUNS_ANOTHER>>;

/**
 * Every public method and getter of every use case that the application gives to the doors. A new one must be added here,
 * with the record that it leaves if it changes state.
 */
const DOORS: Table = {
  'rules.check': READS,
  'rules.offered': READS,
  'rules.maxTtlSeconds': READS,
  'rules.longestLife': READS,
  'idempotency.run': RUNS_ANOTHER,
  'authorities.nowSeconds': READS,
  'authorities.of': READS,
  'issueToken.issue': async ({ doors, ada, authority }) => {
    const { id, family } = issued(await doors.issueToken.issue(ada, authority, { ttlSeconds: 60, scopes: SCOPES }));
    return { msg: 'token issued', ...ada, tokenId: id, scopes: SCOPES, family };
  },
  'refreshToken.refresh': async ({ doors, ada, authority, store, takeRecords }) => {
    const { family } = issued(await doors.issueToken.issue(ada, authority, { ttlSeconds: 60, scopes: SCOPES }));
    takeRecords();
    const { id } = issued(await refresh(doors, ada, authority, family));
    const refreshed = { msg: 'token refreshed', ...ada, tokenId: id, family };
    expect(takeRecords()).toMatchObject([refreshed]);
    await refresh(doors, ada, authority, family);
    expect(takeRecords()).toMatchObject([
      { msg: 'token revoked', tokenId: family, reason: 'a refresh token was used twice' },
      { msg: 'refresh token used twice', ...ada, family },
    ]);
    expect(await store.tokens.find(family ?? '')).toMatchObject({ end: { by: ada.account } });
    const next = issued(await doors.issueToken.issue(ada, authority, { ttlSeconds: 60, scopes: SCOPES }));
    takeRecords();
    const last = issued(await refresh(doors, ada, authority, next.family));
    return { ...refreshed, tokenId: last.id, family: next.family };
  },
  'privateTokens.create': async (scene) => {
    const { id } = await createPrivate(scene);
    return { msg: 'token issued', ...scene.ada, tokenId: id, scopes: SCOPES };
  },
  'rotation.rotate': async (scene) => {
    const { doors, ada, authority, token, takeRecords } = scene;
    takeRecords();
    const rotator = { authority, use: 'login', tokenId: 'login', managesTokens: true } as const;
    const request = { expiresAtSeconds: token.expiresAtSeconds, overlapSeconds: 0 };
    const { id } = issued(await doors.rotation.rotate(ada, token.id, rotator, request));
    return { msg: 'token rotated', ...ada, tokenId: token.id, successor: id };
  },
  'logIn.logIn': async ({ doors, ada }) => {
    const { id } = issued(await doors.logIn.logIn('ada', PASSWORD, ada.client));
    return { msg: 'logged in', ...ada, tokenId: id };
  },
  'tokenViews.find': READS,
  'tokenViews.view': READS,
  'tokenViews.list': READS,
  'tokenViews.positionOf': READS,
  'ownTokenRevocation.revoke': async ({ doors, ada, token }) => {
    await doors.ownTokenRevocation.revoke(token.id, ada, 'lost');
    return { msg: 'token revoked', ...ada, tokenId: token.id, reason: 'lost' };
  },
  'ownTokenRevocation.revokeUnlisted': async ({ doors, ada, token }) => {
    const eve = { ...ada, account: 'eve' };
    await doors.ownTokenRevocation.revokeUnlisted(token.id, eve);
    return { msg: 'token left alone: it is of another account', ...eve, tokenId: token.id };
  },
  'ownTokenRevocation.revokePresented': async ({ doors, ada, token }) => {
    await doors.ownTokenRevocation.revokePresented(token.accessToken, ada);
    return { msg: 'token revoked', ...ada, issuer: 'own', tokenId: token.id };
  },
  'adminRevocation.revoke': async ({ doors, ada }) => {
    const request = { kind: 'subject', issuer: 'own', subject: 'ada', issuedUpToSeconds: undefined } as const;
    await doors.adminRevocation.revoke(request, ada, 'left');
    return { msg: 'subject revoked', ...ada, issuer: 'own', subject: ada.account, reason: 'left' };
  },
  'leakReports.revoke': async ({ doors, token }) => {
    const reporter = { by: 'reporter of leaks', client: '192.0.2.9' };
    await doors.leakReports.revoke([{ token: token.accessToken, url: 'https://paste.example/1' }], reporter);
    const reason = 'reported as leaked: https://paste.example/1';
    return { msg: 'token revoked', ...reporter, tokenId: token.id, reason };
  },
  'introspectToken.introspect': READS,
  'keySet.read': READS,
  'accounts.page': READS,
  'accounts.positionOf': READS,
  'accounts.show': READS,
  'accounts.add': async ({ doors, manager }) => {
    const added = await doors.accounts.add(manager, { name: 'max', password: PASSWORD, scopes: SCOPES });
    return { msg: 'account added', ...manager.by, subject: 'id' in added && added.id, scopes: SCOPES };
  },
  'accounts.change': async ({ doors, manager }) => {
    const max = await addMax(doors, manager);
    await doors.accounts.change(manager, max, { disabled: true });
    return { msg: 'account changed', ...manager.by, subject: max, changed: ['disabled'], disabled: true };
  },
  'accounts.remove': async ({ doors, manager }) => {
    const max = await addMax(doors, manager);
    await doors.accounts.remove(manager, max);
    return { msg: 'account removed', ...manager.by, subject: max };
  },
  'changePassword.change': async ({ doors, ada }) => {
    await doors.changePassword.change(ada, { current: PASSWORD, replacement: 'another secret of ada' });
    return { msg: 'account changed', ...ada, subject: ada.account, changed: ['password'] };
  },
};

/** The same for the command line. */
const COMMANDS: Table = {
  'tokenViews.find': READS,
  'tokenViews.view': READS,
  'tokenViews.list': READS,
  'tokenViews.positionOf': READS,
  'keys.list': READS,
  'keys.keySetMaxAgeSeconds': READS,
  'keys.openRing': READS,
  'keys.rotate': async ({ commands }) => {
    const { key } = await commands.keys.rotate(OPERATOR);
    return { msg: 'signing key made', ...OPERATOR, issuer: 'own', kid: key.kid };
  },
  'keys.reseal': async (scene) => {
    await sealWithFormer(scene);
    await scene.commands.keys.reseal(FORMER, OPERATOR);
    return { msg: 'signing keys resealed', ...OPERATOR, issuer: 'own', count: 1 };
  },
  resealKeys: async (scene) => {
    await sealWithFormer(scene);
    await scene.commands.resealKeys(FORMER, OPERATOR);
    return { msg: 'signing keys resealed', ...OPERATOR, issuer: 'own', count: 1 };
  },
  'keyRevocation.find': READS,
  'keyRevocation.revoke': async ({ commands }) => {
    const kid = (await commands.keys.list())[0]?.key.kid ?? '';
    await commands.keyRevocation.revoke(kid, OPERATOR, 'stolen');
    return { msg: 'signing key revoked', ...OPERATOR, issuer: 'own', kid, reason: 'stolen' };
  },
  'adminRevocation.revoke': async ({ commands, token }) => {
    await commands.adminRevocation.revoke({ kind: 'credential', token: token.accessToken }, OPERATOR, 'leaked');
    return { msg: 'token revoked', ...OPERATOR, reason: 'leaked' };
  },
  'unrevoke.unrevoke': async ({ commands, token, takeRecords }) => {
    const request = { kind: 'token', issuer: 'own', tokenId: token.id, expiresAtSeconds: undefined } as const;
    await commands.adminRevocation.revoke(request, OPERATOR);
    takeRecords();
    await commands.unrevoke.unrevoke(request, OPERATOR, 'a slip');
    return { msg: 'token revoked: taken back', ...OPERATOR, issuer: 'own', tokenId: token.id, reason: 'a slip' };
  },
  revocationValue: READS,
  revocationEntries: READS,
  issueToken: async ({ commands }) => {
    const { outcome } = await commands.issueToken(OPERATOR, 'ada', { form: 'jwt', scopes: SCOPES, ttlSeconds: 60 });
    return { msg: 'token issued', ...OPERATOR, tokenId: outcome?.outcome === 'issued' && outcome.id, scopes: SCOPES };
  },
  hasLosses: READS,
  acceptLosses: async ({ commands, store }) => {
    const [[key, found = ''] = ['']] = [...(await store.epochs.read())];
    const record = parseEpoch(found);
    if (record === undefined) throw new Error('the store has an epoch');
    const loss = { lost: ['an earlier epoch'], noticedAt: 1_800_000_000 };
    await store.epochs.swap(key, found, formatEpoch({ ...record, loss }));
    await commands.acceptLosses(OPERATOR);
    return { msg: 'loss of the revocation set accepted', ...OPERATOR, key };
  },
  reportMigration: READS,
  'accounts.add': async ({ commands }) => {
    const added = await commands.accounts.add(OPERATOR, { name: 'max', password: PASSWORD, scopes: SCOPES });
    return { msg: 'account added', ...OPERATOR, subject: 'id' in added && added.id, scopes: SCOPES };
  },
  'accounts.addFirst': async ({ commands, ada, manager }) => {
    for (const { account } of [ada, manager.by]) await commands.accounts.remove(OPERATOR, account);
    await commands.accounts.addFirst({ name: 'root', password: 'secret', scopes: [] });
    return { msg: 'first account created from SALLYPORT_ACCOUNT', account: 'root' };
  },
  'accounts.find': READS,
  'accounts.findById': READS,
  'accounts.findCreated': READS,
  'accounts.list': READS,
  'accounts.page': READS,
  'accounts.scopesProblem': READS,
  'accounts.change': async ({ commands, ada }) => {
    const account = await commands.accounts.findById(ada.account);
    if (account === undefined) throw new Error('no account');
    await commands.accounts.change(OPERATOR, account, { email: 'ada@example.com' });
    return { msg: 'account changed', ...OPERATOR, subject: ada.account, changed: ['email'] };
  },
  'accounts.remove': async ({ commands, ada }) => {
    await commands.accounts.remove(OPERATOR, ada.account);
    return { msg: 'account removed', ...OPERATOR, subject: ada.account };
  },
  unlockAccount: async ({ commands, store, ada }) => {
    const account = await store.accounts.findById(ada.account);
    if (account === undefined) throw new Error('ada has an account');
    await commands.unlockAccount(OPERATOR, account);
    return { msg: 'account unlocked', ...OPERATOR, subject: ada.account };
  },
};

/** The same for the functions of `app/store-copies`. */
const STORE_COPIES: Table = { exportStore: READS, importStore: RUNS_ANOTHER };

/** Acts that are not methods of a use case. */
const OTHERS: Readonly<Record<string, Act>> = {
  'an operator imports a copy': async ({ store, audit }) => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
    try {
      const path = join(folder, 'copy');
      const exportedAt = '2027-01-31T12:00:00.000Z';
      let copy = '';
      await writeCopy(store.contents, { sallyport: '1', exportedAt, issuers: [] }, (text) => void (copy += text));
      await writeFile(path, copy);
      const request = { path, header: await checkCopy(path), intoNonEmpty: true, by: OPERATOR };
      const report = { progress: () => {}, merged: () => {} };
      await importCopy(request, { store, audit, issuers: ['own'], nowSeconds: 1 }, report);
      return { msg: 'store imported', ...OPERATOR, exportedAt };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** Records outside use cases: of a reload (tested in `app/start.spec.ts`) and a refused form (`foreign-form.spec.ts`). */
const RECORDED_ELSEWHERE = ['configurationTakenUp', 'foreignFormRefused'];

const MEMBERS = publicMembers();

/** Objects that the application gives to the doors although they are not use cases. */
const NO_USE_CASES = ['decider', 'accountStore'];

const membersOf = (name: string, part: unknown): string[] => {
  if (typeof part !== 'object' || part === null || part instanceof Map || NO_USE_CASES.includes(name)) return [];
  return (MEMBERS.get(part.constructor.name) ?? []).map((member) => `${name}.${member}`);
};

const ACTS = Object.entries({
  ...prefixed('of a door', DOORS),
  ...prefixed('of the command line', COMMANDS),
  ...OTHERS,
}).flatMap(([name, act]) => (typeof act === 'string' ? [] : [[name, act] as const]));

describe('every act that changes state', () => {
  const methods = (MEMBERS.get('AuditLog') ?? []) as readonly (keyof AuditLog)[]; // as its source has them
  const left = new Map<string, { readonly expected: object; readonly record: unknown }>();
  const written = new Set<string>();

  beforeAll(async () => {
    const spies = methods.map((name) => vi.spyOn(AuditLog.prototype, name));
    for (const [name, act] of ACTS) {
      const useCases = await openUseCases();
      const scene = await setScene(useCases);
      useCases.takeRecords();
      const expected = await act(scene);
      left.set(name, { expected, record: useCases.takeRecords().at(-1) });
      await useCases.close();
    }
    for (const [index, name] of methods.entries()) if (spies[index]?.mock.calls.length !== 0) written.add(name);
    vi.restoreAllMocks();
  }, 60_000);

  it.each(ACTS)('leaves a record: %s', (name) => {
    const { expected, record } = left.get(name) ?? {};
    expect(record).toMatchObject({ log: 'audit', ...expected });
  });

  it('is in the table if a door has it', async () => {
    const { doors, close } = await openUseCases();
    const found = Object.entries(doors).flatMap(([name, part]) => membersOf(name, part));
    await close();
    expect(found.toSorted()).toEqual(Object.keys(DOORS).toSorted());
  });

  it('is in the table if the command line has it', async () => {
    const { commands, close } = await openUseCases();
    const found = (MEMBERS.get('CommandUseCases') ?? []).flatMap((name) => {
      const part: unknown = Reflect.get(commands, name);
      return typeof part === 'function' ? [name] : membersOf(name, part);
    });
    await close();
    expect(found.toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
  });

  it('is in the table if it copies a store', () => {
    expect(Object.keys(storeCopies).toSorted()).toEqual(Object.keys(STORE_COPIES).toSorted());
  });

  it('is in the table if the audit log has a record for it', () => {
    expect(methods.filter((name) => !written.has(name)).toSorted()).toEqual(RECORDED_ELSEWHERE);
  });
});

async function sealWithFormer({ store, own }: Scene): Promise<void> {
  const { revision, keys } = await store.signingKeys.read('own');
  const former = new Sealer(FORMER);
  const sealed = keys.map((key) => resealSigningKey(key, own.sealer, former));
  await store.signingKeys.replace('own', revision, sealed);
}

function prefixed(prefix: string, table: Table): Table {
  return Object.fromEntries(Object.entries(table).map(([name, act]) => [`${prefix} ${name}`, act]));
}

async function setScene(useCases: UseCases): Promise<Scene> {
  const { commands, doors } = useCases;
  const added = await commands.accounts.add(OPERATOR, {
    name: 'ada',
    password: PASSWORD,
    scopes: [...SCOPES, 'tokens:refresh'],
  });
  if ('outcome' in added) throw new Error(added.message);
  const ada = { account: added.id, client: '192.0.2.1' };
  const nowSeconds = doors.authorities.nowSeconds();
  const authority = { accountId: added.id, accountVersion: 0, atSeconds: nowSeconds, token: undefined };
  const manager = { by: { ...ada, account: 'boss' }, accountVersion: 0, granted: new Set(['all:any']) };
  const boss = { name: 'boss', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1, version: 0 };
  await useCases.store.accounts.add({ id: 'boss', ...boss });
  const token = await createPrivate({ ...useCases, ada, authority });
  return { ...useCases, ada, authority, manager, token };
}

async function createPrivate({ doors, ada, authority }: Pick<Scene, 'doors' | 'ada' | 'authority'>) {
  const expiresAtSeconds = authority.atSeconds + 86_400;
  const request = { name: 'server', scopes: SCOPES, expiresAtSeconds };
  return issued(await doors.privateTokens.create(ada, authority, request));
}

async function refresh(
  { refreshToken }: UseCases['doors'],
  ada: Scene['ada'],
  authority: Scene['authority'],
  family = '',
) {
  if (refreshToken === undefined) throw new Error('the configuration has refresh tokens');
  return await refreshToken.refresh(ada, authority, { family, sequence: 0 });
}

async function addMax(doors: UseCases['doors'], manager: Scene['manager']): Promise<string> {
  const added = await doors.accounts.add(manager, { name: 'max', password: PASSWORD, scopes: SCOPES });
  if ('outcome' in added) throw new Error(JSON.stringify(added));
  return added.id;
}

function issued<Result extends { readonly outcome: string }>(result: Result): Extract<Result, { outcome: 'issued' }> {
  if (result.outcome !== 'issued') throw new Error(JSON.stringify(result));
  return result as Extract<Result, { outcome: 'issued' }>; // by its outcome
}
