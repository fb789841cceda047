import { writeSync } from 'node:fs';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { redact } from './redaction.ts';

export type { Logger };

/** The process's log: one JSON object a line, ISO times, on standard output. Every line goes through `redact`. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    hooks: { streamWrite: redact },
  };
  return pino(options, destination ?? { write: writeToStandardOutput });
}

/**
 * A line that cannot be written, on a full disk for one, is lost. Pino's own stream would raise an error that ends the
 * process, and then try for ever to write what is left before it does.
 */
function writeToStandardOutput(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // There is nowhere to say so.
  }
}
