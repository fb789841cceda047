import { describe, expect, it } from 'vitest';
import { makeThrottle } from '../../../test/support/log-in-bounds.ts';
import { MemoryLogInHistory } from '../../store/memory/log-in-history.ts';
import type { Attempt, Guess, Throttled } from './guess-throttle.ts';
import { FREE_GUESSES } from './log-in-history.ts';

const ADDRESS_BURST = 50;
const HOME = '203.0.113.7';
const ADA = { name: 'Ada', email: 'ada@example.com' };

function setUp() {
  const time = { nowMs: 1_800_000_000_000 };
  const clock = { monotonicMs: () => time.nowMs, wallMs: () => time.nowMs };
  const shared = new MemoryLogInHistory({ nowMs: clock.wallMs });
  return { time, shared, instance: () => makeInstance(clock, shared) };
}

function makeInstance(clock: Parameters<typeof makeThrottle>[0], shared: MemoryLogInHistory) {
  const { throttle, devices } = makeThrottle(clock, { shared });
  let guesses = 0;
  const admit = (name: string, client: string | undefined, more: Partial<Guess> = {}) =>
    throttle.admit({
      name,
      password: `guess ${guesses++}`,
      client,
      device: undefined,
      acceptsStrangers: true,
      ...more,
    });
  const fail = async (name: string, client?: string, more: Partial<Guess> = {}): Promise<Attempt | Throttled> => {
    const attempt = await admit(name, client, more);
    if (attempt.outcome === 'admitted') attempt.failed();
    return attempt;
  };
  const failures = async (count: number, name: (index: number) => string, client?: (index: number) => string) => {
    const attempts: (Attempt | Throttled)[] = [];
    for (let index = 0; index < count; index++) attempts.push(await fail(name(index), client?.(index)));
    return attempts;
  };
  const logIn = async (client: string, password = 'right'): Promise<string> => {
    const attempt = await admit('ada', client, { password });
    if (attempt.outcome === 'admitted') await attempt.succeeded(ADA);
    return attempt.outcome;
  };
  return { admit, fail, failures, logIn, devices };
}

/** Spends the budget that strangers share, from many addresses. */
const spend = ({ failures }: Pick<ReturnType<typeof makeInstance>, 'failures'>, name = 'ada') =>
  failures(
    2 * FREE_GUESSES,
    () => name,
    (index) => `192.0.2.${index}`,
  );

const outcomes = (attempts: readonly (Attempt | Throttled)[]) => attempts.map(({ outcome }) => outcome);
const admitted = (attempts: readonly (Attempt | Throttled)[]) =>
  attempts.filter(({ outcome }) => outcome === 'admitted').length;

describe('GuessThrottle', () => {
  it('limits failures per name, in any spelling and from any address', async () => {
    const { failures, fail } = setUp().instance();
    const names = ['ada', 'ADA', 'Ada '];
    const attempts = await failures(
      FREE_GUESSES,
      (index) => names[index % 3] ?? '',
      (index) => `192.0.2.${index}`,
    );
    expect(new Set(outcomes(attempts))).toEqual(new Set(['admitted']));
    expect(await fail(' aDa', '198.51.100.1')).toEqual({
      outcome: 'refused',
      bound: 'this name',
      retryAfterSeconds: 30,
    });
    expect((await fail('max', '198.51.100.1')).outcome).toBe('admitted');
  });

  it('lengthens the wait after each failure', async () => {
    const { time, instance } = setUp();
    const { failures, fail } = instance();
    await failures(FREE_GUESSES, () => 'ada');
    const waits: number[] = [];
    for (let turn = 0; turn < 7; turn++) {
      const refused = await fail('ada');
      const { retryAfterSeconds } = refused as Throttled; // `undefined` if the attempt was admitted
      waits.push(retryAfterSeconds);
      time.nowMs += retryAfterSeconds * 1000 - 1;
      expect(await fail('ada')).toMatchObject({ outcome: 'refused', retryAfterSeconds: 1 });
      time.nowMs += 1;
      expect((await fail('ada')).outcome).toBe('admitted');
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  it('admits at most 34 guesses an hour for the name and e-mail address of an account, at any pace', async () => {
    const { time, instance } = setUp();
    const { fail } = instance();
    const at: number[] = [];
    for (const pause of [7_000, 1_800_000, 3_600_000, 61_000, 905_000]) {
      for (let second = 0; second < 3 * 3600; second += pause / 1000) {
        for (const name of ['ada', 'ada@example.com']) {
          if ((await fail(name)).outcome === 'admitted') at.push(time.nowMs);
        }
        time.nowMs += pause;
      }
    }
    const inHourFrom = (start: number) => at.filter((ms) => ms >= start && ms < start + 3_600_000).length;
    expect(Math.max(...at.map(inHourFrom))).toBeLessThanOrEqual(34);
  });

  it('shares the budget of strangers among all instances, and keeps it over a restart', async () => {
    const { instance } = setUp();
    const [first, second] = [instance(), instance()];
    const guess = (index: number) => (index % 2 === 0 ? first : second).fail('ada', `192.0.2.${index}`);
    const attempts = await Promise.all(Array.from({ length: 3 * FREE_GUESSES }, (_, index) => guess(index)));
    expect(admitted(attempts)).toBe(FREE_GUESSES);
    expect((await instance().fail('ada', '192.0.2.200')).outcome).toBe('refused');
  });

  it.each(['ada', 'ada@example.com'])(
    'admits %s from a familiar block, however often strangers guess',
    async (name) => {
      const { instance } = setUp();
      const before = instance();
      await before.logIn(HOME);
      await spend(before, name);
      for (const one of [before, instance()]) {
        const attempt = await one.admit(name, HOME, { password: 'a new password' });
        expect(attempt).toMatchObject({ outcome: 'admitted', precedence: 'familiar' });
        if (attempt.outcome === 'admitted') await attempt.succeeded(ADA);
      }
      expect(await instance().admit(name, '198.51.100.1')).toMatchObject({ outcome: 'refused', bound: 'this name' });
    },
  );

  it('limits a familiar block by its own budget only', async () => {
    const { instance } = setUp();
    const one = instance();
    await one.logIn(HOME);
    await one.failures(
      ADDRESS_BURST + 5,
      (index) => `name-${index}`,
      () => HOME,
    );
    const attempts = await one.failures(
      2 * FREE_GUESSES,
      () => 'ada',
      () => HOME,
    );
    expect(admitted(attempts)).toBe(FREE_GUESSES);
    expect((await one.fail('ada', '198.51.100.1')).outcome).toBe('admitted');
  });

  it('counts a wrong password that a familiar block repeats once, and limits the repetitions', async () => {
    const { time, instance } = setUp();
    const one = instance();
    await one.logIn(HOME);
    const [before, other] = [instance(), instance()];
    for (let second = 0; second < 600; second++) {
      await before.fail('ada', HOME, { password: 'the old password' });
      time.nowMs += 1_000;
    }
    const repeated = await before.failures(
      1,
      () => 'ada',
      () => HOME,
    );
    expect(outcomes(repeated)).toEqual(['admitted']);
    for (const owner of [before, other]) {
      expect((await owner.admit('ada', HOME, { password: 'the new password' })).outcome).toBe('admitted');
    }
    const more = await Promise.all(
      Array.from({ length: 30 }, () => before.fail('ada', HOME, { password: 'the old password' })),
    );
    expect(admitted(more)).toBeLessThan(10);
  });

  it('counts each repetition of a wrong password by strangers', async () => {
    const one = setUp().instance();
    await one.logIn(HOME);
    const guesses: (Attempt | Throttled)[] = [];
    for (let index = 0; index < 2 * FREE_GUESSES; index++) {
      guesses.push(await one.fail('ada', `192.0.2.${index}`, { password: 'the old password' }));
    }
    expect(admitted(guesses)).toBe(FREE_GUESSES);
  });

  it('treats a known device as familiar at any address, for its own account only', async () => {
    const { instance } = setUp();
    const one = instance();
    const device = one.devices.prove(ADA, undefined);
    for (const name of ['ada', 'ada@example.com', 'max']) await spend(one, name);
    const from = async (name: string, proof: string | undefined) =>
      (await instance().admit(name, '198.51.100.1', { device: proof })).outcome;
    expect(await from('ada', device)).toBe('admitted');
    expect(await from('ADA@example.com', device)).toBe('admitted');
    for (const stranger of [undefined, 'x', device.slice(0, -1), device.replace('.', '.1')]) {
      expect(await from('ada', stranger)).toBe('refused');
    }
    expect(await from('max', device)).toBe('refused');
  });

  it.each([
    ['address', () => '192.0.2.1'],
    ['address in both forms', (index: number) => (index % 2 === 0 ? '192.0.2.1' : '::ffff:192.0.2.1')],
    ['network with a 64-bit prefix', (index: number) => `2001:db8:0:1::${index.toString(16)}`],
  ])('limits failures of strangers per %s, for any names', async (_what, client) => {
    const { failures, fail } = setUp().instance();
    const attempts = await failures(ADDRESS_BURST, (index) => `name-${index}`, client);
    expect(new Set(outcomes(attempts))).toEqual(new Set(['admitted']));
    expect(await fail('ada', client(0))).toEqual({ outcome: 'refused', bound: 'this address', retryAfterSeconds: 5 });
    expect((await fail('ada', '2001:db8:0:2::1')).outcome).toBe('admitted');
    expect((await fail('ada')).outcome).toBe('admitted');
  });

  it('counts attempts from their start, so that concurrent ones are limited too', async () => {
    const { admit } = setUp().instance();
    const ofName = await Promise.all(Array.from({ length: 30 }, () => admit('ada', '192.0.2.1')));
    expect(admitted(ofName)).toBe(FREE_GUESSES);
    const ofBlock = await Promise.all(Array.from({ length: 80 }, (_, index) => admit(`name-${index}`, '192.0.2.2')));
    expect(admitted(ofBlock)).toBe(ADDRESS_BURST);
  });

  it('does not count attempts that succeeded or whose password was not compared', async () => {
    const { admit, fail } = setUp().instance();
    for (let index = 0; index < 3 * ADDRESS_BURST; index++) {
      const attempt = await admit('max', '192.0.2.1', { password: `password-${index}` });
      if (attempt.outcome !== 'admitted') throw new Error('refused');
      if (index % 2 === 0) await attempt.succeeded({ name: 'max' });
      else await attempt.takeBack();
    }
    expect((await fail('max', '192.0.2.1')).outcome).toBe('admitted');
  });

  it('always admits credentials that were right before, and no others', async () => {
    const { admit, failures, logIn } = setUp().instance();
    await logIn('192.0.2.1');
    for (const name of ['ada', 'other'])
      await failures(
        ADDRESS_BURST,
        () => name,
        () => '192.0.2.9',
      );
    expect(await admit('ada', '192.0.2.9', { password: 'right' })).toMatchObject({
      outcome: 'admitted',
      precedence: 'familiar',
    });
    expect((await admit('ada', '192.0.2.9', { password: 'wrong' })).outcome).toBe('refused');
    expect((await admit('other', '192.0.2.9', { password: 'right' })).outcome).toBe('refused');
  });

  it('no longer admits known-good credentials after they failed', async () => {
    const one = setUp().instance();
    await one.logIn(HOME, 'old');
    await one.fail('ada', '192.0.2.1', { password: 'old' });
    await spend(one);
    expect((await one.admit('ada', '192.0.2.1', { password: 'old' })).outcome).toBe('refused');
  });

  it('refuses strangers, but not familiar clients, while the strangers part of the queue is full', async () => {
    const { instance } = setUp();
    const one = instance();
    await one.logIn(HOME);
    const full = { acceptsStrangers: false };
    for (let turn = 0; turn < 2 * ADDRESS_BURST; turn++) {
      const refused = { outcome: 'refused', bound: 'the hashing queue', retryAfterSeconds: 1 };
      expect(await one.admit(`made-up-${turn}`, '192.0.2.1', full)).toEqual(refused);
    }
    expect((await one.admit('ada', HOME, full)).outcome).toBe('admitted');
    expect((await one.admit('ada', '192.0.2.1', { ...full, password: 'right' })).outcome).toBe('admitted');
    expect((await one.admit('max', '192.0.2.1')).outcome).toBe('admitted');
  });

  it('reports once whose budget a failure has spent', async () => {
    const { instance } = setUp();
    const one = instance();
    await one.logIn(HOME);
    const spent = async (client: string) => {
      const reported: unknown[] = [];
      for (let turn = 0; turn < 2 * FREE_GUESSES; turn++) {
        const attempt = await one.admit('ada', client);
        if (attempt.outcome === 'admitted') reported.push(attempt.failed());
      }
      return reported.filter((whose) => whose !== undefined);
    };
    expect(await spent('192.0.2.1')).toEqual(['strangers']);
    expect(await spent(HOME)).toEqual(['familiar']);
  });

  it('treats a name without an account like one with an account', async () => {
    const { instance } = setUp();
    const one = instance();
    await one.logIn(HOME);
    const attemptsAt = async (name: string) => {
      const attempts = [];
      for (let index = 0; index < 2 * FREE_GUESSES; index++) {
        const {
          succeeded: _1,
          failed: _2,
          takeBack: _3,
          ...visible
        } = (await one.fail(name, `192.0.2.${index}`)) as Attempt;
        attempts.push(visible);
      }
      return attempts;
    };
    expect(await attemptsAt('unknown')).toEqual(await attemptsAt('ada'));
  });
});
