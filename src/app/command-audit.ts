import type { AuditOutput, RecordLimit } from '../audit/audit-log.ts';
import { AuditLog } from '../audit/audit-log.ts';
import type { Terminal } from '../cli/command.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { Observation } from '../observe/observation.ts';

/** Audit records of a command. */
export interface CommandAudit {
  readonly audit: AuditLog;
  close(): void;
}

/**
 * Where a command writes the audit records of what it does: `log.audit`, else standard error. If that file cannot be
 * opened, the records go to standard error as well, with a warning: an operator who ends something in an emergency does
 * not wait for a log. The first record opens the file, so a command that changes nothing leaves it alone.
 */
export function openAudit(config: Config, terminal: Terminal): CommandAudit {
  let observation: Observation | undefined;
  const output = (): AuditOutput => {
    observation ??= observe(config, terminal);
    return observation.auditOutput;
  };
  const lazily: AuditOutput = {
    info: (facts, message) => output().info(facts, message),
    warn: (facts, message) => output().warn(facts, message),
  };
  return { audit: new AuditLog(lazily, UNLIMITED), close: () => observation?.close() };
}

/** A command writes few records. */
const UNLIMITED: RecordLimit = { tell: (_kind, write) => write(0) };

function observe({ log }: Config, { err }: Terminal): Observation {
  const quiet = { level: 'error', passes: 0 } as const;
  const parts = { clock: systemClock, destination: { write: err } };
  try {
    return new Observation({ ...quiet, audit: log.audit }, parts);
  } catch (error) {
    err(`sallyport: ${error instanceof Error ? error.message : String(error)}; the record goes here\n`);
    return new Observation({ ...quiet, audit: undefined }, parts);
  }
}
