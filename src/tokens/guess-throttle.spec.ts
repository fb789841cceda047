import { describe, expect, it } from 'vitest';
import type { Attempt, Throttled } from './guess-throttle.ts';
import { GuessThrottle } from './guess-throttle.ts';

const NAME_BURST = 10;
const ADDRESS_BURST = 50;

function setUp() {
  const time = { nowMs: 5_000 };
  const throttle = new GuessThrottle({ monotonicMs: () => time.nowMs });
  const admit = (name: string, client: string | undefined, password = 'guess') =>
    throttle.admit({ name, password, client });
  const fail = (name: string, client?: string): Attempt | Throttled => {
    const attempt = admit(name, client);
    if (attempt.outcome === 'admitted') attempt.failed();
    return attempt;
  };
  const failures = (count: number, name: (index: number) => string, client?: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => fail(name(index), client?.(index)));
  return { time, admit, fail, failures };
}

const outcomes = (attempts: readonly (Attempt | Throttled)[]) => attempts.map(({ outcome }) => outcome);

describe('GuessThrottle', () => {
  it('admit() bounds failures by name, whatever the spelling and the address', () => {
    const { failures, fail } = setUp();
    const names = ['ada', 'ADA', 'Ada '];
    const attempts = failures(
      NAME_BURST,
      (index) => names[index % 3] ?? '',
      (index) => `192.0.2.${index}`,
    );
    expect(new Set(outcomes(attempts))).toEqual(new Set(['admitted']));
    expect(fail(' aDa', '198.51.100.1')).toEqual({ outcome: 'refused', bound: 'this name', retryAfterSeconds: 30 });
    expect(fail('max', '198.51.100.1').outcome).toBe('admitted');
  });

  it('admit() says when there is room again, and keeps to it', () => {
    const { failures, fail, time } = setUp();
    failures(NAME_BURST, () => 'ada');
    time.nowMs += 10_500;
    expect(fail('ada')).toMatchObject({ outcome: 'refused', retryAfterSeconds: 20 });
    time.nowMs += 19_499;
    expect(fail('ada')).toMatchObject({ outcome: 'refused', retryAfterSeconds: 1 });
    time.nowMs += 1;
    expect(fail('ada').outcome).toBe('admitted');
    expect(fail('ada')).toMatchObject({ outcome: 'refused', retryAfterSeconds: 30 });
    time.nowMs += 3_600_000;
    expect(outcomes(failures(NAME_BURST + 1, () => 'ada')).filter((one) => one === 'admitted')).toHaveLength(
      NAME_BURST,
    );
  });

  it.each([
    ['an address', () => '192.0.2.1'],
    ['an address in both forms', (index: number) => (index % 2 === 0 ? '192.0.2.1' : '::ffff:192.0.2.1')],
    ['a network of 64 bits', (index: number) => `2001:db8:0:1::${index.toString(16)}`],
  ])('admit() bounds failures by %s, whatever the names', (_what, client) => {
    const { failures, fail } = setUp();
    const attempts = failures(ADDRESS_BURST, (index) => `name-${index}`, client);
    expect(new Set(outcomes(attempts))).toEqual(new Set(['admitted']));
    expect(fail('ada', client(0))).toEqual({ outcome: 'refused', bound: 'this address', retryAfterSeconds: 5 });
    expect(fail('ada', '2001:db8:0:2::1').outcome).toBe('admitted');
    expect(fail('ada').outcome).toBe('admitted');
  });

  it('admit() counts attempts from their beginning, so that many at once are bounded too', () => {
    const { admit } = setUp();
    const attempts = Array.from({ length: 30 }, () => admit('ada', '192.0.2.1'));
    expect(outcomes(attempts).filter((outcome) => outcome === 'admitted')).toHaveLength(NAME_BURST);
  });

  it('admit() does not count what succeeded, and what nobody compared', () => {
    const { admit, fail } = setUp();
    for (let index = 0; index < 3 * ADDRESS_BURST; index++) {
      const attempt = admit('ada', '192.0.2.1', `password-${index}`);
      if (attempt.outcome === 'admitted') attempt[index % 2 === 0 ? 'succeeded' : 'takeBack']();
    }
    expect(fail('ada', '192.0.2.1').outcome).toBe('admitted');
  });

  it('admit() lets credentials pass that were good before, and no others', () => {
    const { admit, failures } = setUp();
    const first = admit('Ada', '192.0.2.1', 'right');
    if (first.outcome === 'admitted') first.succeeded();
    failures(
      NAME_BURST,
      () => 'ada',
      () => '192.0.2.1',
    );
    failures(
      ADDRESS_BURST,
      (index) => `name-${index}`,
      () => '192.0.2.1',
    );
    expect(admit('ada', '192.0.2.1', 'right').outcome).toBe('admitted');
    expect(admit('ada', '192.0.2.1', 'wrong').outcome).toBe('refused');
    expect(admit('max', '192.0.2.1', 'right').outcome).toBe('refused');
  });

  it('admit() takes credentials for good no longer once they failed', () => {
    const { admit, failures } = setUp();
    for (const end of ['succeeded', 'failed'] as const) {
      const attempt = admit('ada', undefined, 'old');
      if (attempt.outcome === 'admitted') attempt[end]();
    }
    failures(NAME_BURST, () => 'ada');
    expect(admit('ada', undefined, 'old').outcome).toBe('refused');
  });
});
