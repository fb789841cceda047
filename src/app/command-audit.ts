import type { AuditOutput, RecordLimit } from '../audit/audit-log.ts';
import { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import { Observation } from '../observe/observation.ts';
import { CommandRefused } from './command-refused.ts';

/** The audit log of a command. */
export interface CommandAudit {
  readonly audit: AuditLog;
  /** For acts that must not happen without a record. Throws {@link CommandRefused} if `log.audit` cannot be opened. */
  require(): void;
  close(): void;
}

/**
 * Where a command writes its audit records: `log.audit`, else standard error. If that file cannot be opened, the records
 * go to standard error as well, with a warning: an operator who ends something in an emergency does not wait for a log.
 * The first record opens the file, so a command that changes nothing leaves it alone.
 */
export function openAudit(
  { log }: Pick<Config, 'log'>,
  { err }: { readonly err: (text: string) => void },
): CommandAudit {
  let observation: Observation | undefined;
  const open = (audit: string | undefined): Observation => {
    return new Observation({ level: 'error', passes: 0, audit }, { clock: systemClock, destination: { write: err } });
  };
  const output = (): AuditOutput => {
    try {
      observation ??= open(log.audit);
    } catch (error) {
      err(`sallyport: ${errorMessage(error)}; the record goes here\n`);
      observation = open(undefined);
    }
    return observation.auditOutput;
  };
  const lazily: AuditOutput = {
    info: (facts, message) => output().info(facts, message),
    warn: (facts, message) => output().warn(facts, message),
  };
  return {
    audit: new AuditLog(lazily, UNLIMITED),
    require() {
      try {
        observation ??= open(log.audit);
      } catch (cause) {
        throw new CommandRefused(`${errorMessage(cause)}; nothing was done, since it could not be recorded`, { cause });
      }
    },
    close: () => observation?.close(),
  };
}

/** A command writes few records. */
const UNLIMITED: RecordLimit = { tell: (_kind, write) => write({}) };
