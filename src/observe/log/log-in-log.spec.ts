import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Observation } from '../observation.ts';

const CLIENT = '192.0.2.1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listen() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
  const { events } = new Observation({ level: 'silent', passes: 0, audit: undefined }, { clock, destination });
  return { events, lines };
}

describe('LogInLog', () => {
  it('logs the first refusal without a comparison, then the number of further ones every ten seconds', () => {
    const { events, lines } = listen();
    const refusal = { reason: 'too_many_attempts', check: 'password queue is full' } as const;
    for (let second = 0; second < 30; second++) {
      for (let turn = 0; turn < 1_000; turn++) events.logInRefused(CLIENT, refusal);
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(10_000);
    const counts = lines.map(({ repeated = 1 }) => Number(repeated));
    expect(counts).toHaveLength(4);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30_000);
    expect(lines[0]).toMatchObject({ log: 'audit', client: CLIENT, check: 'password queue is full' });
  });

  it('logs refusals with a comparison and their account, and the number of lines left out', () => {
    const { events, lines } = listen();
    const refusal = { reason: 'credentials_invalid', check: 'password', accountId: 'account-1' } as const;
    for (let turn = 0; turn < 1_000; turn++) events.logInRefused(CLIENT, refusal);
    vi.advanceTimersByTime(1_000);
    const refusals = lines.filter(({ msg }) => msg === 'log-in refused');
    expect(refusals).toHaveLength(10);
    expect(refusals[0]).toMatchObject({ log: 'audit', client: CLIENT, check: 'password', account: 'account-1' });
    expect(lines.at(-1)).toMatchObject({ log: 'audit', suppressed: 990 });
  });

  it('logs whether the password of a refused log-in was compared', () => {
    const { events, lines } = listen();
    events.logInRefused(CLIENT, { reason: 'too_many_attempts', check: 'too many failures of this name' });
    events.logInRefused(CLIENT, { reason: 'unavailable', check: 'the clock is behind' });
    expect(lines.map(({ msg }) => msg)).toEqual([
      'log-in refused without comparing the password',
      'log-in refused although the password is right',
    ]);
  });

  it('logs a spent budget with the account, if there is one', () => {
    const { events, lines } = listen();
    events.guessesSpent('account-1', 'strangers', CLIENT);
    expect(lines.at(-1)).toMatchObject({ log: 'audit', account: 'account-1', whose: 'strangers', client: CLIENT });
    for (let turn = 0; turn < 1_000; turn++) events.guessesSpent(undefined, 'strangers', CLIENT);
    expect(lines).toHaveLength(2);
  });
});
