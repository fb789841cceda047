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
 * Where a command writes the audit records of what it does: `log.audit`, else standard error. Where that file cannot be
 * opened, standard error as well, said so: what an operator ends in an emergency does not wait for a log.
 */
export function openAudit({ log }: Config, { err }: Terminal): CommandAudit {
  const quiet = { level: 'error', passes: 0 } as const;
  const parts = { clock: systemClock, destination: { write: err } };
  try {
    return recordsOf(new Observation({ ...quiet, audit: log.audit }, parts));
  } catch (error) {
    err(`sallyport: ${error instanceof Error ? error.message : String(error)}; the record goes here\n`);
    return recordsOf(new Observation({ ...quiet, audit: undefined }, parts));
  }
}

function recordsOf(observation: Observation): CommandAudit {
  return { audit: new AuditLog(observation.auditOutput, observation.repeats), close: () => observation.close() };
}
