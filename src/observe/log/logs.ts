import type { Config } from '../../config/config.ts';
import type { LineOutput } from './line-output.ts';
import { LogFile } from './log-file.ts';
import { createLogger, type DestinationStream, type Logger, standardOutput } from './logger.ts';

/** Called when an audit line could not be written to its file and went to the common log instead. */
type AuditFailed = (error: unknown) => void;

/** The beginning of a line of the audit log. The logger writes these members first, in this order. */
const OF_AUDIT = /^\{"level":"[a-z]+","time":"[^"]+","log":"audit"/;

/**
 * The three logs, which `log` in each line distinguishes: `app` for events of Sallyport itself, `decision` for its
 * decisions, and `audit` for who changed what. The audit log has no level, because it is a record, and may have its own
 * file.
 */
export class Logs {
  readonly app: Logger;
  readonly decision: Logger;
  readonly audit: Logger;
  /** Set once by the observer that counts and reports such failures. */
  onAuditFailed: AuditFailed = () => {};
  private readonly common: DestinationStream & Partial<Pick<LineOutput, 'lost' | 'isFailing' | 'close'>>;
  private auditPath: string | undefined;
  private auditFile: LogFile | undefined;
  /** Opened for the next configuration. */
  private nextFile: LogFile | undefined;
  private copy: ((line: string) => void) | undefined;

  /**
   * Throws if the audit log's file cannot be opened.
   *
   * @param added returns further members of each line.
   */
  constructor(
    { level, audit }: Config['log'],
    destination: Logs['common'] = standardOutput(),
    added: () => object = () => ({}),
  ) {
    this.common = destination;
    this.auditPath = audit;
    this.auditFile = open(audit);
    const root = createLogger(level, { write: (line) => this.write(line) }, added);
    this.app = root.child({ log: 'app' });
    this.decision = root.child({ log: 'decision' });
    this.audit = createLogger('info', { write: (line) => this.writeAudit(line) }, added).child({ log: 'audit' });
  }

  /** Lines that could not be written to the standard output, since the start. */
  get lost(): number {
    return this.common.lost ?? 0;
  }

  /** Whether the standard output currently accepts no lines. */
  get isFailing(): boolean {
    return this.common.isFailing ?? false;
  }

  /** Passes each line of the common log on from now on; `undefined` ends that. */
  copyTo(copy: ((line: string) => void) | undefined): void {
    this.copy = copy;
  }

  /** Opens the audit log's file for the next configuration, but does not use it yet. Throws if it cannot be opened. */
  prepare({ audit }: Pick<Config['log'], 'audit'>): void {
    this.closeFormer(this.nextFile);
    this.nextFile = undefined;
    if (audit !== this.auditPath) this.nextFile = open(audit);
  }

  /** Puts the configuration that {@link prepare} was called with into force. */
  reconfigure({ level, audit }: Config['log']): void {
    if (audit !== this.auditPath) {
      this.closeFormer(this.auditFile);
      [this.auditPath, this.auditFile, this.nextFile] = [audit, this.nextFile, undefined];
    }
    this.app.level = level;
    this.decision.level = level;
  }

  /** Opens a new audit log after its file was moved away. Throws and keeps the former file if that fails. */
  reopen(): void {
    this.auditFile?.reopen();
  }

  /** Writes a line that another process of this instance has logged, to the log that it is for. */
  relay(line: string): void {
    if (OF_AUDIT.test(line)) this.writeAudit(line);
    else this.write(line);
  }

  close(): void {
    for (const file of [this.auditFile, this.nextFile]) file?.close();
    [this.auditFile, this.nextFile] = [undefined, undefined];
    this.common.close?.();
  }

  /** An error here concerns lines written earlier: a network file system may report it as late as this. */
  private closeFormer(file: LogFile | undefined): void {
    try {
      file?.close();
    } catch (error) {
      this.onAuditFailed(error);
    }
  }

  private write(line: string): void {
    this.common.write(line);
    this.copy?.(line);
  }

  private writeAudit(line: string): void {
    if (this.auditFile === undefined) {
      this.write(line);
      return;
    }
    try {
      this.auditFile.write(line);
    } catch (error) {
      // A record in the wrong log is better than no record.
      this.write(line);
      this.onAuditFailed(error);
    }
  }
}

function open(path: string | undefined): LogFile | undefined {
  return path === undefined ? undefined : new LogFile(path);
}
