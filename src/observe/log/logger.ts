import { writeSync } from 'node:fs';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../../config/config.ts';
import { LineOutput } from './line-output.ts';
import { redact } from './redaction.ts';

export type { DestinationStream, Logger };

/** A log: one JSON object a line, ISO times. Every line, a child's too, goes through `redact`. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    hooks: { streamWrite: redact },
  };
  return pino(options, destination);
}

/** By asking for it, Node makes a pipe one that does not block. Standard error is told where it takes nothing. */
export function standardOutput(): LineOutput {
  return new LineOutput(process.stdout.fd, ({ message }) => {
    try {
      writeSync(
        process.stderr.fd,
        `sallyport: standard output takes no log lines (${message}); sallyport_log_lost_total counts those that are lost\n`,
      );
    } catch {
      // Often the same pipe. The metric and /readyz tell it.
    }
  });
}
