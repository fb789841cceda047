import { describe, expect, it } from 'vitest';
import { Sealer } from '../signing/sealer.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { RepeatableRequest } from './idempotency.ts';
import { Idempotency } from './idempotency.ts';
import type { IdempotencyStore } from './idempotency-store.ts';

const REQUEST = { accountId: 'ada', key: 'key-1', content: ['createPrivateToken', { password: 'tr0ub4dor' }] };

function setUp() {
  const { idempotency: store } = openMemoryStore();
  const claimed: unknown[] = [];
  const seen: IdempotencyStore = {
    claim: (request) => {
      claimed.push(request);
      return store.claim(request);
    },
    settle: (...end) => store.settle(...end),
  };
  const sealer = new Sealer(Buffer.alloc(32, 7));
  const idempotency = new Idempotency({ store: seen, sealer, clock: { wallMs: () => 1_800_000_000_000 } });
  let ids = 0;
  const made: string[] = [];
  const run = (request: RepeatableRequest = REQUEST, make = async (id: string) => ({ outcome: 'made', id })) =>
    idempotency.run(
      request,
      () => `id-${++ids}`,
      ({ id }) => {
        made.push(id);
        return make(id);
      },
      ({ outcome }) => outcome === 'made',
    );
  return { run, made, claimed, seen };
}

describe('Idempotency', () => {
  it('run() gives a repeated request the id of the existing resource', async () => {
    const { run, made } = setUp();
    expect(await run()).toEqual({ outcome: 'made', id: 'id-1' });
    expect(await run()).toEqual({ outcome: 'made', id: 'id-1' });
    expect(await run({ ...REQUEST, key: 'key-2' })).toEqual({ outcome: 'made', id: 'id-3' });
    expect(made).toEqual(['id-1', 'id-1', 'id-3']);
  });

  it.each([
    ['other content', { ...REQUEST, content: ['createPrivateToken', { password: 'other' }] }],
    ['another operation', { ...REQUEST, content: ['rotateToken', { password: 'tr0ub4dor' }] }],
  ])('run() refuses a key that was used for %s', async (_difference, request) => {
    const { run, made } = setUp();
    await run();
    expect(await run(request)).toEqual({ outcome: 'key_reused' });
    expect(made).toEqual(['id-1']);
  });

  it('run() executes only one of two concurrent requests', async () => {
    const { run, made } = setUp();
    const hold = Promise.withResolvers<void>();
    const first = run(REQUEST, async (id) => {
      await hold.promise;
      return { outcome: 'made', id };
    });
    expect(await run()).toEqual({ outcome: 'in_progress' });
    hold.resolve();
    expect(await first).toEqual({ outcome: 'made', id: 'id-1' });
    expect(made).toEqual(['id-1']);
  });

  it('run() keeps the key free if nothing was made', async () => {
    const { run } = setUp();
    const refuse = async () => ({ outcome: 'refused', id: '' });
    expect(await run(REQUEST, refuse)).toMatchObject({ outcome: 'refused' });
    expect(await run({ ...REQUEST, content: 'corrected' })).toEqual({ outcome: 'made', id: 'id-2' });
  });

  it('run() reuses the id if the first attempt failed and may have made the resource', async () => {
    const { run } = setUp();
    const fail = () => Promise.reject(new Error('the store is gone'));
    await expect(run(REQUEST, fail)).rejects.toThrow('the store is gone');
    expect(await run({ ...REQUEST, content: 'other' })).toEqual({ outcome: 'key_reused' });
    expect(await run()).toEqual({ outcome: 'made', id: 'id-1' });
  });

  it('run() resolves even if the end of the request cannot be recorded', async () => {
    const { run, seen } = setUp();
    seen.settle = () => Promise.reject(new Error('the store is gone'));
    expect(await run()).toEqual({ outcome: 'made', id: 'id-1' });
    expect(await run()).toEqual({ outcome: 'in_progress' });
  });

  it('run() stores nothing of the request itself', async () => {
    const { run, claimed } = setUp();
    await run();
    expect(JSON.stringify(claimed)).not.toMatch(/tr0ub4dor|createPrivateToken|key-1/);
  });
});
