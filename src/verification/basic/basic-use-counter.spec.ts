import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCredential, makeRequest, makeRoute, NOW_MS, NOW_SECONDS } from '../../../test/support/core.ts';
import type { Allow } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { Reason } from '../../core/reason.ts';
import type { Route } from '../../core/route.ts';
import type { BasicUse } from './basic-use.ts';
import { BasicUseCounter } from './basic-use-counter.ts';

const ROUTE = makeRoute({ pattern: '/x/{id}', methods: ['GET'] });
const ALICE = makeCredential({
  identity: { scheme: 'basic', issuer: 'own', subject: 'id-of-alice', tokenId: undefined, scopes: [] },
});

class Bench {
  nowMs = NOW_MS;
  storeBroken = false;
  readonly lookedUp: string[] = [];
  readonly written: BasicUse[][] = [];
  readonly errors: unknown[] = [];
  /** Called during a write. */
  meanwhile = (): void => {};
  readonly uses = new BasicUseCounter({
    accounts: {
      find: async (name) => {
        this.lookedUp.push(name);
        const account = { name, passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 0, version: 0 };
        return name.startsWith('alice') ? { ...account, id: 'id-of-alice' } : undefined;
      },
    },
    uses: {
      add: async (uses) => {
        if (this.storeBroken) throw new Error('store down');
        this.written.push([...uses]);
        this.meanwhile();
      },
    },
    clock: { wallMs: () => this.nowMs },
    failed: (error) => this.errors.push(error),
  });

  constructor() {
    onTestFinished(() => this.uses.close());
  }

  pass(route: Route | undefined = ROUTE, credential = ALICE): void {
    const allow: Allow = { outcome: 'allow', route, credential, shadowed: undefined, keepMs: 0 };
    this.uses.note(makeRequest({ authorization: 'Basic YWxpY2U6c2VjcmV0' }), allow);
  }

  fail(authorization: string | undefined, reason: Reason = 'credentials_invalid'): void {
    this.uses.note(makeRequest({ authorization }), deny(reason, ROUTE, 'scope'));
  }

  /** Writes the counts, and resolves to the uses that were written. */
  async write(): Promise<BasicUse[]> {
    await this.uses.write();
    return this.written.splice(0).flat();
  }
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function use(more: Partial<BasicUse> = {}): BasicUse {
  return {
    accountId: 'id-of-alice',
    route: 'GET /x/{id}',
    reason: undefined,
    count: 1,
    lastAtSeconds: NOW_SECONDS,
    ...more,
  };
}

describe('BasicUseCounter', () => {
  it('counts by account, route and reason, and writes each use once', async () => {
    const bench = new Bench();
    bench.pass();
    bench.pass();
    bench.pass(makeRoute({ pattern: '/y', hosts: ['a.example.com', '*.b.example.com'] }));
    bench.uses.note(makeRequest(), { ...deny('scope_required', ROUTE, 'scope'), credential: ALICE });
    bench.nowMs += 5_999;
    bench.pass();
    expect(await bench.write()).toEqual([
      use({ count: 3, lastAtSeconds: NOW_SECONDS + 5 }),
      use({ route: '* a.example.com,*.b.example.com/y' }),
      use({ reason: 'scope_required' }),
    ]);
    bench.pass();
    expect(await bench.write()).toEqual([use({ lastAtSeconds: NOW_SECONDS + 5 })]);
    expect(await bench.write()).toEqual([]);
  });

  it('counts what was denied by the name that was presented, and writes no name', async () => {
    const bench = new Bench();
    bench.fail(basic('alice:wrong'));
    bench.fail(basic('alice@example.com:wrong'), 'credentials_required');
    bench.fail(basic('my-password:'));
    bench.fail(basic('another-password:'));
    bench.uses.note(makeRequest({ authorization: 'Basic !' }), deny('route_denied', undefined, 'route'));
    bench.fail(basic(`${'a'.repeat(255)}:x`));
    expect(await bench.write()).toEqual([
      use({ reason: 'credentials_invalid' }),
      use({ reason: 'credentials_required' }),
      use({ accountId: undefined, reason: 'credentials_invalid' }),
      use({ accountId: undefined, reason: 'credentials_invalid' }),
      use({ accountId: undefined, reason: 'route_denied', route: '' }),
      use({ accountId: undefined, reason: 'credentials_invalid' }),
    ]);
    expect(bench.lookedUp).toEqual(['alice', 'alice@example.com', 'my-password', 'another-password']);
  });

  it('counts a request that shadow mode let pass with the reason of its denial', async () => {
    const bench = new Bench();
    const shadowed = deny('credentials_invalid', ROUTE, 'password');
    bench.uses.note(makeRequest({ authorization: basic('alice:wrong') }), {
      outcome: 'allow',
      route: ROUTE,
      credential: undefined,
      shadowed,
      keepMs: 0,
    });
    expect(await bench.write()).toEqual([use({ reason: 'credentials_invalid' })]);
  });

  it('counts neither tokens nor requests without a credential', async () => {
    const bench = new Bench();
    bench.pass(ROUTE, makeCredential());
    bench.fail('Bearer x', 'token_invalid');
    bench.fail(undefined, 'credentials_required');
    bench.uses.note(makeRequest(), { ...deny('scope_required', ROUTE, 'scope'), credential: makeCredential() });
    bench.uses.note(makeRequest({ authorization: basic('alice:x') }), {
      outcome: 'allow',
      route: makeRoute({ requirement: { kind: 'public' } }),
      credential: undefined,
      shadowed: undefined,
      keepMs: 0,
    });
    expect(await bench.write()).toEqual([]);
  });

  it('writes the uses again after a failed write', async () => {
    const bench = new Bench();
    bench.pass();
    bench.storeBroken = true;
    expect(await bench.write()).toEqual([]);
    expect(bench.errors).toEqual([new Error('store down')]);
    bench.storeBroken = false;
    bench.pass();
    expect(await bench.write()).toEqual([use({ count: 2 })]);
  });

  it('keeps uses that arrive during a write', async () => {
    const bench = new Bench();
    bench.pass();
    bench.meanwhile = () => {
      bench.pass();
      bench.meanwhile = () => {};
    };
    expect(await bench.write()).toEqual([use()]);
    expect(await bench.write()).toEqual([use()]);
  });

  it('counts uses beyond its limit together, without looking up their names', async () => {
    const bench = new Bench();
    for (let index = 0; index < 1_200; index++) bench.fail(basic(`guess-${index}:x`));
    bench.pass();
    const written = await bench.write();
    expect(bench.lookedUp).toHaveLength(1_000);
    expect(written).toHaveLength(1 + 1_000 + 1);
    expect(written.at(-1)).toEqual(use({ accountId: undefined, reason: 'credentials_invalid', count: 200 }));
  });

  it('looks up fifty names at once, and the next fifty after those', async () => {
    const bench = new Bench();
    for (let index = 0; index < 100; index++) bench.fail(basic(`guess-${index}:x`));
    const writing = bench.uses.write();
    await Promise.resolve();
    expect(bench.lookedUp).toHaveLength(50);
    await writing;
    expect(bench.lookedUp).toHaveLength(100);
  });

  it('writes the remaining uses when it is closed', async () => {
    const bench = new Bench();
    bench.pass();
    await bench.uses.close();
    expect(bench.written).toEqual([[use()]]);
  });
});
