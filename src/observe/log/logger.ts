import { writeSync } from 'node:fs';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../../config/config.ts';
import { LineOutput } from './line-output.ts';
import { redact } from './redaction.ts';

export type { DestinationStream, Logger };

/**
 * Creates a log with one JSON object per line and ISO times. Every line, also of a child logger, is redacted.
 *
 * @param added returns further members of each line.
 */
export function createLogger(level: LogLevel, destination: DestinationStream, added?: () => object): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    hooks: { streamWrite: redact },
    ...(added === undefined ? {} : { mixin: added }),
  };
  return pino(options, destination);
}

/** Returns the standard output. Reports to standard error if it cannot be written. */
export function standardOutput(): LineOutput {
  // The access to `process.stdout` also makes Node set a pipe to non-blocking.
  return new LineOutput(process.stdout.fd, ({ message }) => {
    try {
      writeSync(
        process.stderr.fd,
        `sallyport: standard output accepts no log lines (${message}); sallyport_log_lost_total counts the lost lines\n`,
      );
    } catch {
      // Often standard error is the same pipe. The metric and /readyz still report the failure.
    }
  });
}
