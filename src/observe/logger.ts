import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../config/config.ts';
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

/** Writes each line at once: nothing is lost by an end without warning. */
export function standardOutput(): DestinationStream {
  return pino.destination({ fd: process.stdout.fd, sync: true });
}
