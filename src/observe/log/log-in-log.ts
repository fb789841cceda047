import type { Clock } from '../../core/ports.ts';
import type { Sample } from '../metrics/samples.ts';
import { LineLimit } from './line-limit.ts';
import type { Logger } from './logger.ts';
import { Repeats } from './repeats.ts';

/** Passwords take time to compare, so more than a few of these are a flood. */
const LINES_PER_SECOND = 10;

/** A log-in that was refused, for the audit log. */
export interface RefusedLogIn {
  readonly reason: string;
  readonly check: string;
  /** Of the account that has the name; `undefined` where there is none, or nobody looked. */
  readonly accountId?: string | undefined;
}

export interface LogInLogParts {
  readonly audit: Logger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Counts what became of log-ins, and keeps a flood of refused ones from filling the audit log. */
export class LogInLog {
  private readonly audit: Logger;
  private readonly limit: LineLimit;
  private readonly repeats = new Repeats();
  private readonly outcomes = new Map<string, number>();

  constructor({ audit, clock }: LogInLogParts) {
    this.audit = audit;
    this.limit = new LineLimit({
      linesPerSecond: LINES_PER_SECOND,
      clock,
      tell: (suppressed) => audit.warn({ suppressed }, 'log-ins refused: lines were left out'),
    });
  }

  /** Lines left out since the start. */
  get suppressed(): number {
    return this.limit.suppressed + this.repeats.suppressed;
  }

  /** Counts a name and a password that were presented. */
  count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  *samples(): Generator<Sample> {
    for (const [outcome, value] of this.outcomes) yield { labels: { outcome }, value };
  }

  /** Where nothing was compared, the first is told at once, and the others as a number every ten seconds. */
  refused(client: string, { reason, check, accountId }: RefusedLogIn): void {
    if (reason !== 'credentials_invalid') {
      this.repeats.tell(check, (repeated) => {
        const facts = repeated === 0 ? { client, check } : { check, repeated };
        this.audit.warn(facts, 'log-in refused, and no password compared');
      });
      return;
    }
    if (this.limit.admit()) this.audit.warn({ client, check, account: accountId }, 'log-in refused');
  }

  /** @param account its id; `undefined` where no account has the name. */
  guessesSpent(account: string | undefined, whose: string, client: string | undefined): void {
    this.repeats.tell(`spent ${account ?? ''} ${whose}`, (repeated) => {
      const facts = { account, whose, client, ...(repeated === 0 ? {} : { repeated }) };
      this.audit.warn(facts, 'too many wrong passwords: further log-ins have to wait');
    });
  }

  /** Tells what was not told yet. */
  close(): void {
    this.limit.close();
    this.repeats.close();
  }
}
