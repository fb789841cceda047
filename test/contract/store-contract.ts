import { beforeEach, describe, expect, it } from 'vitest';
import type {
  Account,
  RevocationEntry,
  SealedSigningKey,
  Store,
  StoredRecord,
  TokenRecord,
} from '../../src/store/store.ts';
import { EPOCH_PREFIX, StoreError } from '../../src/store/store.ts';
import { describeBasicUses } from './basic-uses-contract.ts';
import { RecordingListener } from './recording-listener.ts';

/** In Unix seconds. */
const FAR = 4_000_000_000;
/** What is known of a token that nothing has happened to. */
const UNUSED = { lastUsedAtSeconds: undefined, end: undefined, successor: undefined };
const MARK = 'sallyport:notbefore:own:account-1';

/** What every store must do: the sentences of `src/store/store.ts`. `open` gives an empty store. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`${name} store`, () => {
    describeRevocations(open);
    describeEpochs(open);
    describeFeed(open);
    describeHearing(open);
    describeAccounts(open);
    describeTokens(open);
    describeBasicUses(open);
    describeSigningKeys(open);
    describeContents(open);
    describeClose(open);
  });
}

function describeRevocations(open: () => Promise<Store>): void {
  describe('revocations', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('read() answers in the order of the keys, undefined where there is no entry', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A'));
      await store.revocations.write(entry('sallyport:revoked:own:b', ''));
      const keys = ['sallyport:revoked:own:b', 'sallyport:revoked:own:c', 'sallyport:revoked:own:a'];
      expect(await store.revocations.read(keys)).toEqual(['', undefined, 'A']);
      expect(await store.revocations.read([])).toEqual([]);
    });

    it('write() takes an expiry with a fraction, or none', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A', 4_000_000_000.5));
      await store.revocations.write(entry('sallyport:revoked:own:b', 'B', undefined));
      expect(await store.revocations.read(['sallyport:revoked:own:a', 'sallyport:revoked:own:b'])).toEqual(['A', 'B']);
    });

    it.each([
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', '{"at":2}'], stands: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', '{"at":2}'], stands: '{"at":2}' },
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', 'after:20'], stands: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', 'after:10'], stands: 'after:20' },
      { key: MARK, values: ['100', '200'], stands: '200' },
      { key: MARK, values: ['200', '100'], stands: '200' },
      { key: 'sallyport:notbefore-issuer:own', values: ['1000', '999', '1001'], stands: '1001' },
    ])('write() of $values leaves $stands', async ({ key, values, stands }) => {
      for (const value of values) await store.revocations.write(entry(key, value));
      expect(await store.revocations.read([key])).toEqual([stands]);
    });

    it('readEntries() answers in the order of the keys, each whole, undefined where there is no entry', async () => {
      const end = Math.ceil(Date.now() / 1000) + 5_000;
      const [ending, lasting] = [entry('sallyport:revoked:own:a', 'A', end), entry(MARK, '100', undefined)];
      for (const added of [ending, lasting]) await store.revocations.write(added);
      const found = await store.revocations.readEntries([MARK, 'sallyport:revoked:own:c', ending.key]);
      expect(found).toEqual([lasting, undefined, { ...ending, expiresAtSeconds: expect.closeTo(end, 0) }]);
      expect(await store.revocations.readEntries([])).toEqual([]);
    });

    it('write() keeps every one of many at once', async () => {
      const keys = Array.from({ length: 200 }, (_, index) => `sallyport:revoked:own:${index}`);
      await Promise.all(keys.map((key) => store.revocations.write(entry(key, key))));
      expect(await store.revocations.read(keys)).toEqual(keys);
    });
  });
}

function describeEpochs(open: () => Promise<Store>): void {
  describe('epochs', () => {
    let store: Store;
    let keys: readonly string[];
    beforeEach(async () => {
      store = await open();
      keys = [...(await store.epochs.read()).keys()];
    });

    it('read() knows the parts of an empty store, which have no record', async () => {
      expect(keys.length).toBeGreaterThan(0);
      for (const [key, value] of await store.epochs.read()) {
        expect(key.startsWith(EPOCH_PREFIX)).toBe(true);
        expect(value).toBeUndefined();
      }
    });

    it('swap() writes where the record is the one that was expected, and nothing else', async () => {
      for (const key of keys) {
        expect(await store.epochs.swap(key, '', 'A')).toBe(false);
        expect(await store.epochs.swap(key, undefined, 'A')).toBe(true);
        expect(await store.epochs.swap(key, undefined, 'B')).toBe(false);
        expect(await store.epochs.swap(key, 'B', 'C')).toBe(false);
        expect((await store.epochs.read()).get(key)).toBe('A');
        expect(await store.epochs.swap(key, 'A', 'B')).toBe(true);
        expect((await store.epochs.read()).get(key)).toBe('B');
      }
    });

    it('swap() lets one of several at once win', async () => {
      const [key = ''] = keys;
      const won = await Promise.all(['A', 'B', 'C'].map((value) => store.epochs.swap(key, undefined, value)));
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('guard() is shown the records with each read, and read() rejects with what it throws', async () => {
      const key = 'sallyport:revoked:own:a';
      await Promise.all(keys.map((part) => store.epochs.swap(part, undefined, 'A')));
      const refusal = new StoreError('not this one');
      const shown = new Map<string, string | undefined>();
      store.epochs.guard((reading) => {
        for (const [part, value] of reading) shown.set(part, value);
        if ([...reading.values()].includes('B')) throw refusal;
      });
      expect(await store.revocations.read([key])).toEqual([undefined]);
      const [part = ''] = shown.keys();
      expect(keys).toContain(part);
      expect(shown.get(part)).toBe('A');
      await store.epochs.swap(part, 'A', 'B');
      await expect(store.revocations.read([key])).rejects.toBe(refusal);
      expect(await store.revocations.readEntries([key])).toEqual([undefined]);
    });
  });
}

function describeFeed(open: () => Promise<Store>): void {
  describe('feed', () => {
    it('tells of a write before the write resolves', async () => {
      const { store, listener } = await follow(open);
      const told: string[] = [];
      for (const [key, value] of [
        ['sallyport:revoked:own:a', ''],
        [MARK, '100'],
        [MARK, '200'],
      ] as const) {
        // A feed may tell of one change twice, so what was told before does not count.
        told.push(...listener.keys.splice(0));
        await store.revocations.write(entry(key, value));
        expect(listener.keys).toContain(key);
      }
      expect(new Set([...told, ...listener.keys])).toEqual(new Set(['sallyport:revoked:own:a', MARK]));
    });

    it('tells of the mark of a removed account before the removal resolves', async () => {
      const { store, listener } = await follow(open);
      await store.accounts.add(account('account-1', 'ada'));
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(new Set(listener.keys)).toEqual(new Set([MARK]));
    });

    it('tells of the mark of a changed account before the change resolves', async () => {
      const { store, listener } = await follow(open);
      await store.accounts.add(account('account-1', 'ada'));
      for (let changes = 0; changes < 2; changes++) {
        await store.accounts.update('account-1', { disabled: true }, { key: MARK, atSeconds: 100 });
        expect(listener.keys.splice(0)).toContain(MARK);
      }
    });

    it('tells of what changed between open() and follow()', async () => {
      const store = await open();
      await store.revocations.write(entry('sallyport:revoked:own:a'));
      const listener = new RecordingListener();
      store.feed.follow(listener);
      expect(listener.keys).toEqual(['sallyport:revoked:own:a']);
    });

    it('is followed once', async () => {
      const { store } = await follow(open);
      expect(() => store.feed.follow(new RecordingListener())).toThrow('followed already');
    });
  });
}

function describeHearing(open: () => Promise<Store>): void {
  it('feed has been heard up to any moment soon after it', async () => {
    const { listener } = await follow(open);
    for (let round = 0; round < 3; round++) {
      const moment = performance.now();
      await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThanOrEqual(moment);
    }
    expect(listener).toMatchObject({ keys: [], breaks: [] });
  });

  it('feed never takes back what it has heard', async () => {
    const { store, listener } = await follow(open);
    await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThan(0);
    const { losses } = listener;
    await store.revocations.write(entry('sallyport:revoked:own:a'));
    const moment = performance.now();
    await expect.poll(() => listener.heardUpToMs, { timeout: 5_000 }).toBeGreaterThanOrEqual(moment);
    expect(listener.losses).toBe(losses);
  });
}

function describeAccounts(open: () => Promise<Store>): void {
  describe('accounts', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('find() returns the account, without regard to case and Unicode form', async () => {
      const added = account('account-1', 'Andr\u00e9');
      expect(await store.accounts.add(added)).toBe(true);
      expect(await store.accounts.find('ANDRE\u0301')).toEqual(added);
      expect(await store.accounts.find('andre')).toBeUndefined();
    });

    it('findById() returns the account, until it is removed', async () => {
      const added = account('account-1', 'ada');
      await store.accounts.add(added);
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.findById('ACCOUNT-1')).toBeUndefined();
      await store.accounts.remove('account-1', {
        key: 'sallyport:notbefore:i:account-1',
        value: '1',
        expiresAtSeconds: undefined,
      });
      expect(await store.accounts.findById('account-1')).toBeUndefined();
    });

    it('list() returns accounts in order of creation', async () => {
      const accounts = [account('account-9', 'zoe'), account('account-5', 'ada'), account('account-7', 'max')];
      for (const added of accounts) await store.accounts.add(added);
      expect(await store.accounts.list()).toEqual(accounts);
    });

    it('add() writes nothing where the name is taken', async () => {
      const first = account('account-1', 'ada');
      await store.accounts.add(first);
      expect(await store.accounts.add(account('account-2', 'ADA'))).toBe(false);
      expect(await store.accounts.list()).toEqual([first]);
    });

    it('add() with onlyFirst writes nothing where any account exists', async () => {
      expect(await store.accounts.add(account('account-1', 'ada'), { onlyFirst: true })).toBe(true);
      expect(await store.accounts.add(account('account-2', 'max'), { onlyFirst: true })).toBe(false);
      expect(await store.accounts.add(account('account-3', 'zoe'), { onlyFirst: false })).toBe(true);
      expect((await store.accounts.list()).map(({ id }) => id)).toEqual(['account-1', 'account-3']);
    });

    it('add() with onlyFirst adds one of several at once', async () => {
      const names = ['ada', 'max', 'zoe'];
      const added = await Promise.all(
        names.map((name) => store.accounts.add(account(`account-${name}`, name), { onlyFirst: true })),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
      expect(await store.accounts.list()).toHaveLength(1);
    });

    it('add() rejects an id that another account has', async () => {
      const first = account('account-1', 'ada');
      await store.accounts.add(first);
      await expect(store.accounts.add(account('account-1', 'max'))).rejects.toThrow(StoreError);
      expect(await store.accounts.list()).toEqual([first]);
    });

    it('find() returns the account by its e-mail address too', async () => {
      const added = { ...account('account-1', 'ada'), email: 'Ada@example.com' };
      expect(await store.accounts.add(added)).toBe(true);
      expect(await store.accounts.find('ada@EXAMPLE.com')).toEqual(added);
      expect(await store.accounts.find('ADA')).toEqual(added);
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.list()).toEqual([added]);
    });

    it('add() writes nothing where a name is an e-mail address, or the other way round', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      expect(await store.accounts.add(account('account-2', 'ADA@example.com'))).toBe(false);
      expect(await store.accounts.add({ ...account('account-3', 'max'), email: 'Ada' })).toBe(false);
      expect(await store.accounts.add({ ...account('account-4', 'zoe'), email: 'ada@Example.com' })).toBe(false);
      expect(await store.accounts.add({ ...account('account-5', 'eve'), email: 'EVE' })).toBe(true);
      expect((await store.accounts.list()).map(({ id }) => id)).toEqual(['account-1', 'account-5']);
    });

    it('update() changes what it is told to, and leaves the rest', async () => {
      const added = account('account-1', 'ada');
      await store.accounts.add(added);
      const change = { email: 'ada@example.com', passwordHash: '$new', scopes: [], disabled: true };
      expect(await store.accounts.update('account-1', {})).toBe('updated');
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.update('account-1', change)).toBe('updated');
      expect(await store.accounts.find('ada')).toEqual({ ...added, ...change });
      expect(await store.accounts.update('account-1', { disabled: false, scopes: ['a'] })).toBe('updated');
      expect(await store.accounts.find('ada')).toEqual({ ...added, ...change, disabled: false, scopes: ['a'] });
      expect(await store.accounts.update('account-2', change)).toBe('missing');
      expect(await store.revocations.read([MARK])).toEqual([undefined]);
    });

    it('update() frees an e-mail address that is given up, and keeps the name', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada' });
      expect(await store.accounts.update('account-1', { email: 'first@example.com' })).toBe('updated');
      expect(await store.accounts.update('account-1', { email: null })).toBe('updated');
      expect(await store.accounts.find('first@example.com')).toBeUndefined();
      expect(await store.accounts.find('ada')).toEqual(account('account-1', 'ada'));
      expect(await store.accounts.add(account('account-2', 'first@example.com'))).toBe(true);
    });

    it('update() writes nothing, and no mark, where the e-mail address is taken', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      await store.accounts.add(account('account-2', 'max'));
      for (const email of ['ADA', 'Ada@Example.com']) {
        const change = { email, disabled: true };
        expect(await store.accounts.update('account-2', change, { key: MARK, atSeconds: 100 })).toBe('taken');
      }
      expect(await store.accounts.findById('account-2')).toEqual(account('account-2', 'max'));
      expect(await store.revocations.read([MARK])).toEqual([undefined]);
    });

    it('update() raises the mark, by a second at least', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      const marks: (string | undefined)[] = [];
      for (const atSeconds of [1_800_000_000, 1_800_000_000, 1_700_000_000, 1_800_000_100]) {
        await store.accounts.update('account-1', {}, { key: MARK, atSeconds });
        marks.push(...(await store.revocations.read([MARK])));
      }
      const numbers = marks.map(Number);
      expect(numbers.map((mark, index) => mark > (numbers[index - 1] ?? 1_799_999_999))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(numbers.at(-1)).toBeGreaterThanOrEqual(1_800_000_100);
      expect(numbers.at(-1)).toBeLessThan(1_800_000_103);
    });

    it.each(['999999999999999', 'nonsense'])('update() leaves the mark %s, which ends everything', async (value) => {
      await store.accounts.add(account('account-1', 'ada'));
      await store.revocations.write(entry(MARK, value));
      expect(await store.accounts.update('account-1', {}, { key: MARK, atSeconds: 100 })).toBe('updated');
      expect(await store.revocations.read([MARK])).toEqual([value]);
    });

    it('update() loses none of several changes at once', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      const mark = { key: MARK, atSeconds: 100 };
      const changes = [{ email: 'ada@example.com' }, { scopes: ['a'] }, { disabled: true }, { passwordHash: '$new' }];
      const done = await Promise.all(changes.map((change) => store.accounts.update('account-1', change, mark)));
      expect(done).toEqual(['updated', 'updated', 'updated', 'updated']);
      expect(await store.accounts.find('ada')).toEqual(Object.assign(account('account-1', 'ada'), ...changes));
      expect(Number((await store.revocations.read([MARK]))[0])).toBeGreaterThanOrEqual(103);
    });

    it('update() gives an e-mail address to one of several', async () => {
      const ids = ['account-1', 'account-2', 'account-3'];
      for (const id of ids) await store.accounts.add(account(id, id));
      const done = await Promise.all(ids.map((id) => store.accounts.update(id, { email: 'one@example.com' })));
      expect(done.toSorted()).toEqual(['taken', 'taken', 'updated']);
    });

    it('remove() frees the e-mail address', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(await store.accounts.find('ada@example.com')).toBeUndefined();
      expect(await store.accounts.add(account('account-2', 'ada@example.com'))).toBe(true);
    });

    it('remove() removes the account and writes its mark', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      expect(await store.accounts.remove('account-1', entry(MARK, '100'))).toBe(true);
      expect(await store.accounts.find('ada')).toBeUndefined();
      expect(await store.revocations.read([MARK])).toEqual(['100']);
      expect(await store.accounts.add(account('account-2', 'Ada'))).toBe(true);
    });

    it('remove() does not weaken a mark that stands', async () => {
      await store.revocations.write(entry(MARK, '200'));
      await store.accounts.add(account('account-1', 'ada'));
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(await store.revocations.read([MARK])).toEqual(['200']);
    });

    it('remove() writes no mark where there is no such account', async () => {
      expect(await store.accounts.remove('account-1', entry(MARK, '100'))).toBe(false);
      expect(await store.revocations.read([MARK])).toEqual([undefined]);
    });
  });
}

function describeTokens(open: () => Promise<Store>): void {
  describe('tokens', () => {
    it('find() returns what was added, and undefined for what was not', async () => {
      const store = await open();
      await store.tokens.add(token('token-1'));
      await store.tokens.add({ ...token('token-2'), use: 'private', name: 'Café', scopes: [] });
      expect(await store.tokens.find('token-1')).toEqual({ ...token('token-1'), ...UNUSED });
      const second = { ...token('token-2'), use: 'private', name: 'Café', scopes: [] };
      expect(await store.tokens.find('token-2')).toEqual({ ...second, ...UNUSED });
      expect(await store.tokens.find('TOKEN-1')).toBeUndefined();
    });

    it('add() rejects an id that exists, and leaves its record', async () => {
      const store = await open();
      await store.tokens.add(token('token-1'));
      await expect(store.tokens.add({ ...token('token-1'), accountId: 'account-2' })).rejects.toThrow(StoreError);
      expect(await store.tokens.find('token-1')).toEqual({ ...token('token-1'), ...UNUSED });
    });

    it('list() pages through the tokens of one account, newest first', async () => {
      const store = await open();
      const ids = ['c', 'a', 'e', 'b', 'd'];
      for (const [index, id] of ids.entries()) {
        await store.tokens.add({ ...token(id), createdAtSeconds: 1_000 + index, expiresAtSeconds: FAR });
      }
      await store.tokens.add({ ...token('other'), accountId: 'account-2', expiresAtSeconds: FAR });
      const list = async (limit: number, after?: string) => {
        const page = await store.tokens.list('account-1', limit, after);
        return page && { ids: page.tokens.map(({ id }) => id), next: page.next };
      };
      expect(await list(2)).toEqual({ ids: ['d', 'b'], next: 'b' });
      expect(await list(2, 'b')).toEqual({ ids: ['e', 'a'], next: 'a' });
      expect(await list(2, 'a')).toEqual({ ids: ['c'], next: undefined });
      expect(await list(5)).toEqual({ ids: ['d', 'b', 'e', 'a', 'c'], next: undefined });
      expect(await list(5, 'c')).toEqual({ ids: [], next: undefined });
      expect(await list(5, 'other')).toBeUndefined();
      expect(await list(5, 'unknown')).toBeUndefined();
      expect(await store.tokens.list('nobody', 5)).toEqual({ tokens: [], next: undefined });
    });

    it('list() goes through tokens of the same second too, each once', async () => {
      const store = await open();
      const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      await Promise.all(ids.map((id) => store.tokens.add({ ...token(id), expiresAtSeconds: FAR })));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.tokens.list('account-1', 3, after);
        seen.push(...(page?.tokens.map(({ id }) => id) ?? []));
        after = page?.next;
      } while (after !== undefined);
      expect(seen.toSorted()).toEqual(ids);
    });

    it('rotate() adds one successor, once', async () => {
      const store = await open();
      await store.tokens.add({ ...token('old'), expiresAtSeconds: FAR });
      const heirs = Array.from({ length: 20 }, (_, index) => ({ ...token(`heir-${index}`), expiresAtSeconds: FAR }));
      const rotated = await Promise.all(heirs.map((heir) => store.tokens.rotate('old', heir)));
      expect(rotated.filter(Boolean)).toHaveLength(1);
      const heir = heirs[rotated.indexOf(true)];
      expect((await store.tokens.find('old'))?.successor).toBe(heir?.id);
      expect(await store.tokens.find(heir?.id ?? '')).toEqual({ ...heir, ...UNUSED });
      expect((await store.tokens.list('account-1', 100))?.tokens).toHaveLength(2);
    });

    it('rotate() writes nothing where there is no such token', async () => {
      const store = await open();
      expect(await store.tokens.rotate('unknown', token('heir'))).toBe(false);
      expect(await store.tokens.find('heir')).toBeUndefined();
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });

    it('end() keeps the earliest end', async () => {
      const store = await open();
      await store.tokens.add({ ...token('token-1'), expiresAtSeconds: FAR });
      const ends = [
        { atSeconds: 5_000, by: 'ada' },
        { atSeconds: 3_000, by: 'bob', reason: 'lost' },
        { atSeconds: 4_000, by: 'cy' },
      ];
      for (const end of ends) await store.tokens.end('token-1', end);
      expect((await store.tokens.find('token-1'))?.end).toEqual(ends[1]);
      await store.tokens.end('unknown', { atSeconds: 1, by: 'ada' });
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });

    it('markUsed() keeps the latest use, and passes over what it does not know', async () => {
      const store = await open();
      for (const id of ['a', 'b', 'c']) await store.tokens.add({ ...token(id), expiresAtSeconds: FAR });
      await store.tokens.markUsed(
        new Map([
          ['a', 2_000],
          ['b', 2_000.5],
          ['unknown', 1],
        ]),
      );
      await store.tokens.markUsed(
        new Map([
          ['a', 1_999],
          ['b', 2_001],
        ]),
      );
      await store.tokens.markUsed(new Map());
      const used = await Promise.all(
        ['a', 'b', 'c'].map(async (id) => (await store.tokens.find(id))?.lastUsedAtSeconds),
      );
      expect(used).toEqual([2_000, 2_001, undefined]);
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });
  });
}

function describeSigningKeys(open: () => Promise<Store>): void {
  describe('signing keys', () => {
    const [first, second, third] = [signingKey('key-1'), signingKey('key-2'), signingKey('key-3')];

    it('replace() adds, exchanges and removes keys, in the order they are given', async () => {
      const { signingKeys } = await open();
      expect(await signingKeys.read('own')).toEqual({ revision: 0, keys: [] });
      for (const keys of [[first], [first, second], [third, { ...second, signsFromSeconds: 5 }], []]) {
        const { revision } = await signingKeys.read('own');
        expect(await signingKeys.replace('own', revision, keys)).toBe(true);
        const ring = await signingKeys.read('own');
        expect(ring.keys).toEqual(keys);
        expect(ring.revision).toBeGreaterThan(revision);
      }
    });

    it('replace() writes nothing where the keys have changed since they were read', async () => {
      const { signingKeys } = await open();
      await signingKeys.replace('own', 0, [first]);
      const ring = await signingKeys.read('own');
      for (const revision of [0, ring.revision - 1, ring.revision + 1]) {
        expect(await signingKeys.replace('own', revision, [second])).toBe(false);
      }
      expect(await signingKeys.read('own')).toEqual(ring);
    });

    it('replace() lets one of several at once through', async () => {
      const { signingKeys } = await open();
      for (const round of [1, 2, 3]) {
        const { revision, keys } = await signingKeys.read('own');
        const kids = ['a', 'b', 'c'].map((name) => `${name}-${round}`);
        const replaced = await Promise.all(
          kids.map((kid) => signingKeys.replace('own', revision, [...keys, signingKey(kid)])),
        );
        expect(replaced.filter(Boolean)).toHaveLength(1);
        expect((await signingKeys.read('own')).keys.map(({ kid }) => kid)).toEqual([
          ...keys.map(({ kid }) => kid),
          kids[replaced.indexOf(true)],
        ]);
      }
    });

    it('replace() leaves the keys of other issuers alone', async () => {
      const { signingKeys } = await open();
      expect(await signingKeys.replace('own', 0, [first])).toBe(true);
      expect(await signingKeys.replace('other', 0, [second])).toBe(true);
      expect((await signingKeys.read('own')).keys).toEqual([first]);
      expect((await signingKeys.read('other')).keys).toEqual([second]);
    });

    it('replace() keeps nothing of a key but what is listed', async () => {
      const { signingKeys } = await open();
      const opened = { ...first, material: 'plain' };
      await signingKeys.replace('own', 0, [opened]);
      expect((await signingKeys.read('own')).keys).toEqual([first]);
    });
  });
}

function describeContents(open: () => Promise<Store>): void {
  describe('contents', () => {
    it('read() gives nothing of an empty store', async () => {
      const store = await open();
      for (const key of (await store.epochs.read()).keys()) await store.epochs.swap(key, undefined, 'A');
      expect(await contentsOf(store)).toEqual([]);
    });

    it('read() gives everything as it was written, epochs apart, and revocations last', async () => {
      const store = await open();
      for (const key of (await store.epochs.read()).keys()) await store.epochs.swap(key, undefined, 'A');
      const end = Math.ceil(Date.now() / 1000) + 5_000;
      const entries = [
        entry('sallyport:revoked:own:a', 'A', end),
        entry(MARK, '100'),
        entry('sallyport:revoked-key:own:k'),
      ];
      for (const added of entries) await store.revocations.write(added);
      const accounts = [account('account-9', 'zoe'), account('account-5', 'ada')];
      for (const added of accounts) await store.accounts.add(added);
      const keys = [signingKey('key-2'), signingKey('key-1'), { ...signingKey('key-1'), issuer: 'other' }];
      await store.signingKeys.replace('own', 0, keys.slice(0, 2));
      await store.signingKeys.replace('other', 0, keys.slice(2));
      const used = { ...token('used'), use: 'private' as const, name: 'Café', expiresAtSeconds: FAR };
      for (const added of [used, { ...token('plain'), accountId: 'account-9' }]) await store.tokens.add(added);
      await store.tokens.end('used', { atSeconds: 1_500, by: 'ada', reason: 'lost' });
      await store.tokens.markUsed(new Map([['used', 1_400]]));
      const contents = await contentsOf(store);
      expect(recordsOf(contents, 'account')).toEqual(accounts);
      const found = Map.groupBy(recordsOf(contents, 'signing-key'), ({ issuer }) => issuer);
      expect(found).toEqual(Map.groupBy(keys, ({ issuer }) => issuer));
      expect(new Set(recordsOf(contents, 'token'))).toEqual(
        new Set([await store.tokens.find('used'), await store.tokens.find('plain')]),
      );
      const near = entries.map((one) => ({ ...one, expiresAtSeconds: one.expiresAtSeconds && expect.closeTo(end, 0) }));
      expect(recordsOf(contents, 'revocation').toSorted(byKey)).toEqual(near.toSorted(byKey));
      expect(contents.slice(0, -entries.length).map(({ kind }) => kind)).not.toContain('revocation');
    });

    it('read() gives each of very many', async () => {
      const store = await open();
      const ids = Array.from({ length: 1_200 }, (_, index) => `token-${index}`);
      await Promise.all(ids.map((id) => store.revocations.write(entry(`sallyport:revoked:own:${id}`, id))));
      await Promise.all(ids.map((id) => store.tokens.add({ ...token(id), expiresAtSeconds: FAR })));
      const contents = await contentsOf(store);
      expect(new Set(recordsOf(contents, 'revocation').map(({ value }) => value))).toEqual(new Set(ids));
      expect(new Set(recordsOf(contents, 'token').map(({ id }) => id))).toEqual(new Set(ids));
    });

    it('tokens.restore() adds a token with what became of it, once, and lists it', async () => {
      const store = await open();
      const end = { atSeconds: 1_500.5, by: 'ada', reason: 'lost' };
      const tracked = { ...token('a'), expiresAtSeconds: FAR, lastUsedAtSeconds: 1_400.5, end, successor: 'b' };
      const plain = { ...token('c'), expiresAtSeconds: FAR, createdAtSeconds: 999, ...UNUSED };
      expect(await store.tokens.restore(plain)).toBe(true);
      expect(await store.tokens.restore(tracked)).toBe(true);
      expect(await store.tokens.restore({ ...tracked, ...UNUSED, name: 'other' })).toBe(false);
      expect(await store.tokens.find('a')).toEqual(tracked);
      expect(await store.tokens.list('account-1', 10)).toEqual({ tokens: [tracked, plain], next: undefined });
      expect(await store.tokens.rotate('a', token('d'))).toBe(false);
      await expect(store.tokens.add(token('a'))).rejects.toThrow(StoreError);
    });
  });
}

async function contentsOf(store: Store): Promise<readonly StoredRecord[]> {
  return await Array.fromAsync(store.contents.read());
}

function recordsOf<Kind extends StoredRecord['kind']>(contents: readonly StoredRecord[], kind: Kind) {
  type Found = Extract<StoredRecord, { kind: Kind }>['record'];
  // By its kind it is one.
  return contents.filter((one) => one.kind === kind).map(({ record }) => record as Found);
}

function byKey(left: { readonly key: string }, right: { readonly key: string }): number {
  return left.key < right.key ? -1 : 1;
}

function describeClose(open: () => Promise<Store>): void {
  describe('close()', () => {
    it('finishes what was accepted before', async () => {
      const store = await open();
      const accepted = [
        store.revocations.write(entry('sallyport:revoked:own:a')),
        store.accounts.add(account('account-1', 'ada')),
        store.tokens.add(token('token-1')),
        store.signingKeys.replace('own', 0, [signingKey('key-1')]),
      ];
      await store.close();
      expect(await Promise.all(accepted)).toEqual([undefined, true, undefined, true]);
    });

    it('can be called again', async () => {
      const store = await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('leaves every method to reject with StoreError', async () => {
      const store = await open();
      await store.close();
      const calls = [
        () => store.revocations.read(['sallyport:revoked:own:a']),
        () => store.revocations.write(entry('sallyport:revoked:own:a')),
        () => store.revocations.readEntries(['sallyport:revoked:own:a']),
        () => store.epochs.read(),
        () => store.epochs.swap(EPOCH_PREFIX, undefined, 'A'),
        () => store.accounts.find('ada'),
        () => store.accounts.findById('account-1'),
        () => store.accounts.list(),
        () => store.accounts.add(account('account-1', 'ada')),
        () => store.accounts.update('account-1', { disabled: true }),
        () => store.accounts.remove('account-1', entry(MARK, '100')),
        () => store.tokens.add(token('token-1')),
        () => store.tokens.find('token-1'),
        () => store.tokens.list('account-1', 1),
        () => store.tokens.rotate('token-1', token('token-2')),
        () => store.tokens.end('token-1', { atSeconds: 1, by: 'ada' }),
        () => store.tokens.markUsed(new Map([['token-1', 1]])),
        () => store.tokens.restore({ ...token('token-1'), ...UNUSED }),
        () => store.signingKeys.read('own'),
        () => store.signingKeys.replace('own', 0, [signingKey('key-1')]),
        () => contentsOf(store),
      ];
      for (const call of calls) await expect(call()).rejects.toThrow(StoreError);
    });
  });
}

async function follow(open: () => Promise<Store>): Promise<{ store: Store; listener: RecordingListener }> {
  const store = await open();
  const listener = new RecordingListener();
  store.feed.follow(listener);
  return { store, listener };
}

function entry(key: string, value = '{}', expiresAtSeconds?: number): RevocationEntry {
  return { key, value, expiresAtSeconds };
}

function account(id: string, name: string): Account {
  const scopes = ['all:any', 'tokens:manage'];
  return { id, name, passwordHash: '$argon2id$v=19$', scopes, disabled: false, createdAtSeconds: 1_000.5 };
}

function token(id: string): TokenRecord {
  const scopes = ['messages:send'];
  return { id, accountId: 'account-1', use: 'access', scopes, createdAtSeconds: 1_000, expiresAtSeconds: 2_000.25 };
}

function signingKey(kid: string): SealedSigningKey {
  const times = { createdAtSeconds: 1_000, signsFromSeconds: 1_000.5, longestTokenSeconds: 86_400 };
  return { kid, issuer: 'own', algorithm: 'EdDSA', sealed: `sealed ${kid}`, ...times };
}
