import type { Config } from '../../config/config.ts';
import type { LineOutput } from './line-output.ts';
import { LogFile } from './log-file.ts';
import { createLogger, type DestinationStream, type Logger, standardOutput } from './logger.ts';

/** Told of an audit line that its file did not take, and that went to the common log instead. */
type AuditFailed = (error: unknown) => void;

/**
 * The three logs, apart by `log` in each line: `app` is what happens to Sallyport, `decision` what it decides, and
 * `audit` who changed what. The audit log has no level, since it is a record, and may have a file of its own.
 */
export class Logs {
  readonly app: Logger;
  readonly decision: Logger;
  readonly audit: Logger;
  /** Set once, by whoever counts and tells of it. */
  onAuditFailed: AuditFailed = () => {};
  private readonly common: DestinationStream & Partial<Pick<LineOutput, 'lost' | 'isFailing' | 'close'>>;
  private auditPath: string | undefined;
  private auditFile: LogFile | undefined;
  /** Opened for the next configuration. */
  private nextFile: LogFile | undefined;

  /** Throws where the audit log's file cannot be opened. */
  constructor({ level, audit }: Config['log'], destination: Logs['common'] = standardOutput()) {
    this.common = destination;
    this.auditPath = audit;
    this.auditFile = open(audit);
    const root = createLogger(level, destination);
    this.app = root.child({ log: 'app' });
    this.decision = root.child({ log: 'decision' });
    this.audit = createLogger('info', { write: (line) => this.writeAudit(line) }).child({ log: 'audit' });
  }

  /** Lines that the standard output did not take, since the start. */
  get lost(): number {
    return this.common.lost ?? 0;
  }

  /** Whether the standard output takes no line at present. */
  get isFailing(): boolean {
    return this.common.isFailing ?? false;
  }

  /**
   * Opens the audit log's file for another configuration, without a change to where lines go. Throws where it cannot be
   * opened.
   */
  prepare({ audit }: Pick<Config['log'], 'audit'>): void {
    this.closeFormer(this.nextFile);
    this.nextFile = undefined;
    if (audit !== this.auditPath) this.nextFile = open(audit);
  }

  /** Takes up the configuration that {@link prepare} was called with. */
  reconfigure({ level, audit }: Config['log']): void {
    if (audit !== this.auditPath) {
      this.closeFormer(this.auditFile);
      [this.auditPath, this.auditFile, this.nextFile] = [audit, this.nextFile, undefined];
    }
    this.app.level = level;
    this.decision.level = level;
  }

  /** After the audit log's file was moved away: goes on in a new one. Throws, and keeps the former, where it cannot. */
  reopen(): void {
    this.auditFile?.reopen();
  }

  close(): void {
    for (const file of [this.auditFile, this.nextFile]) file?.close();
    [this.auditFile, this.nextFile] = [undefined, undefined];
    this.common.close?.();
  }

  /** An error here is about lines that were written before: a network file system may report it this late. */
  private closeFormer(file: LogFile | undefined): void {
    try {
      file?.close();
    } catch (error) {
      this.onAuditFailed(error);
    }
  }

  private writeAudit(line: string): void {
    if (this.auditFile === undefined) {
      this.common.write(line);
      return;
    }
    try {
      this.auditFile.write(line);
    } catch (error) {
      // A record in the wrong place is better than none.
      this.common.write(line);
      this.onAuditFailed(error);
    }
  }
}

function open(path: string | undefined): LogFile | undefined {
  return path === undefined ? undefined : new LogFile(path);
}
