import { messageOf } from '../../lib/errors.ts';
import type { Failures } from '../failures.ts';
import type { Logs } from '../log/logs.ts';
import type { Repeats } from '../log/repeats.ts';

export interface ExportFailuresParts {
  readonly logs: Pick<Logs, 'app'>;
  readonly repeats: Repeats;
  readonly failures: Pick<Failures, 'countExport'>;
}

/** Returns a function that counts and logs an export that failed. */
export function reportExportFailures({ logs, repeats, failures }: ExportFailuresParts) {
  return (signal: string, error: Error): void => {
    failures.countExport(signal);
    const cause = messageOf(error);
    repeats.tell(`export ${signal} ${cause}`, (repeated) => {
      logs.app.warn({ signal, cause, ...repeated }, 'telemetry could not be sent to its receiver, and is lost');
    });
  };
}
