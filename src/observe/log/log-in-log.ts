import type { PasswordCheck } from '../../core/check.ts';
import { LOG_IN_OUTCOMES } from '../../core/check.ts';
import type { Clock } from '../../core/ports.ts';
import type { Sample } from '../metrics/samples.ts';
import { LineLimit } from './line-limit.ts';
import type { Logger } from './logger.ts';
import { Repeats } from './repeats.ts';

/** Comparing a password takes time, so more lines than this are a flood. */
const LINES_PER_SECOND = 10;

/** A refused log-in, for the audit log. */
export interface RefusedLogIn {
  readonly reason: 'credentials_invalid' | 'too_many_attempts' | 'unavailable';
  readonly check: PasswordCheck | 'the clock is behind';
  /** The account with the presented name; `undefined` if there is none or it was not looked up. */
  readonly accountId?: string | undefined;
}

const MESSAGES = {
  credentials_invalid: 'log-in refused',
  too_many_attempts: 'log-in refused without comparing the password',
  unavailable: 'log-in refused although the password is right',
} as const satisfies Readonly<Record<RefusedLogIn['reason'], string>>;

export interface LogInLogParts {
  readonly audit: Logger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Counts the outcomes of log-ins, and keeps a flood of refused ones from filling the audit log. */
export class LogInLog {
  private readonly audit: Logger;
  private readonly limit: LineLimit;
  private readonly repeats = new Repeats();
  /** Every outcome is present from the start, so that a rate over the counter shows its first increment too. */
  private readonly outcomes = new Map<string, number>(LOG_IN_OUTCOMES.map((outcome) => [outcome, 0]));

  constructor({ audit, clock }: LogInLogParts) {
    this.audit = audit;
    this.limit = new LineLimit({
      linesPerSecond: LINES_PER_SECOND,
      clock,
      report: (suppressed) => audit.warn({ suppressed }, 'log-ins refused: lines were left out'),
    });
  }

  /** Lines left out since the start. */
  get suppressed(): number {
    return this.limit.suppressed + this.repeats.suppressed;
  }

  /** Counts the outcome of a presented name and password. */
  count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  *samples(): Generator<Sample> {
    for (const [outcome, value] of this.outcomes) yield { labels: { outcome }, value };
  }

  /**
   * Logs a refusal. Without a wrong password, logs the first refusal of a check at once, and the number of others every
   * ten seconds.
   */
  refused(client: string, { reason, check, accountId }: RefusedLogIn): void {
    if (reason !== 'credentials_invalid') {
      this.repeats.tell(check, (repeated) => {
        const first = repeated.repeated === undefined ? { client } : {};
        this.audit.warn({ ...first, check, ...repeated }, MESSAGES[reason]);
      });
      return;
    }
    if (this.limit.admit()) this.audit.warn({ client, check, account: accountId }, MESSAGES[reason]);
  }

  /** @param account its id; `undefined` if no account has the name. */
  guessesSpent(account: string | undefined, whose: string, client: string | undefined): void {
    this.repeats.tell(`spent ${account ?? ''} ${whose}`, (repeated) => {
      this.audit.warn(
        { account, whose, client, ...repeated },
        'too many wrong passwords: further log-ins have to wait',
      );
    });
  }

  /** Logs the number of lines left out since the last report. */
  close(): void {
    this.limit.close();
    this.repeats.close();
  }
}
