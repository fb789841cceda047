import { GuessThrottle } from '../../src/accounts/guesses/guess-throttle.ts';
import { KnownDevices } from '../../src/accounts/guesses/known-devices.ts';
import { LogInDigests } from '../../src/accounts/guesses/log-in-digests.ts';
import { LogInHistory } from '../../src/accounts/guesses/log-in-history.ts';
import type { LogInHistoryStore } from '../../src/accounts/guesses/log-in-history-store.ts';
import type { Clock } from '../../src/core/ports.ts';
import { MemoryLogInHistory } from '../../src/store/memory/log-in-history.ts';

export interface ThrottleOptions {
  /** The history that instances share; a new one by default. */
  readonly shared?: LogInHistoryStore;
  /** Time limit of the shared history, in milliseconds. */
  readonly limitMs?: number;
  readonly failed?: (error: unknown) => void;
}

/** Returns the parts of an instance that limit guesses. */
export function makeThrottle(clock: Clock, { shared, limitMs = 5_000, failed = () => {} }: ThrottleOptions = {}) {
  const nowMs = clock.wallMs;
  const digests = new LogInDigests(Buffer.alloc(32, 'k'));
  const devices = new KnownDevices(digests, clock);
  const local = new MemoryLogInHistory({ nowMs });
  const history = new LogInHistory({ shared: shared ?? new MemoryLogInHistory({ nowMs }), local, limitMs, failed });
  return { digests, devices, history, throttle: new GuessThrottle({ clock, digests, devices, history }) };
}

/** An observer that ignores everything. */
export const SILENT_LOG_INS = { credentialsChecked() {}, guessesSpent() {} };
