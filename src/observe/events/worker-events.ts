import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../log/logger.ts';

/** Logs the events of worker processes, with one method for each event. */
export class WorkerEvents {
  private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;

  constructor(log: Pick<Logger, 'info' | 'warn' | 'error'>) {
    this.log = log;
  }

  /** @param how the exit code or the signal, in words. @param replacedInMs until a replacement is started. */
  workerEnded(worker: number, pid: number | undefined, how: string, replacedInMs: number): void {
    this.log.error({ worker, pid, how, replacedInMs: Math.round(replacedInMs) }, 'a worker ended and is replaced');
  }

  workerReplaced(worker: number, pid: number | undefined): void {
    this.log.info({ worker, pid }, 'a worker was replaced');
  }

  workerNotStarted(worker: number, error: unknown): void {
    this.log.error({ worker, cause: errorMessage(error) }, 'a worker cannot start');
  }

  workerSilent(worker: number, pid: number | undefined): void {
    this.log.error({ worker, pid }, 'a worker does not respond: it is ended and replaced');
  }

  workerNotStopped(worker: number, pid: number | undefined): void {
    this.log.error({ worker, pid }, 'a worker did not stop in time: it is ended, with its pending requests');
  }

  /** @param why it did not take up a configuration that the others have. */
  workerOutdated(worker: number, why: string): void {
    this.log.error({ worker, why }, 'a worker did not take up the configuration: it is ended and replaced');
  }
}
