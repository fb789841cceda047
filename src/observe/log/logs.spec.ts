import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Logs } from './logs.ts';

let folder: string;
let audit: string;
let lines: string[];
const destination = { write: (line: string) => void lines.push(line) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-logs-'));
  audit = join(folder, 'audit.log');
  lines = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function messagesIn(file: string): unknown[] {
  const written = readFileSync(file, 'utf8').trimEnd().split('\n');
  return written.map((line) => (JSON.parse(line) as { readonly msg: unknown }).msg); // our own JSON
}

describe('Logs', () => {
  it('names the log in each line, and redacts each log', () => {
    const logs = new Logs({ level: 'info', passes: 0, audit: undefined }, destination);
    for (const log of [logs.app, logs.decision, logs.audit]) log.info('Bearer of-a-secret');
    expect(lines.map((line) => JSON.parse(line).log)).toEqual(['app', 'decision', 'audit']);
    expect(lines.join('')).not.toContain('of-a-secret');
  });

  it('applies the level to every log except the audit log', () => {
    const logs = new Logs({ level: 'error', passes: 0, audit: undefined }, destination);
    for (const log of [logs.app, logs.decision, logs.audit]) log.info('x');
    expect(lines.map((line) => JSON.parse(line).log)).toEqual(['audit']);
    logs.reconfigure({ level: 'info', passes: 0, audit: undefined });
    for (const log of [logs.app, logs.decision]) log.info('x');
    expect(lines).toHaveLength(3);
  });

  it('appends redacted audit lines to a file that only its owner can read', () => {
    for (const msg of ['one', 'Bearer of-a-secret']) {
      const logs = new Logs({ level: 'info', passes: 0, audit }, destination);
      logs.audit.info(msg);
      logs.app.info('elsewhere');
      logs.close();
    }
    expect(messagesIn(audit)).toEqual(['one', 'Bearer [redacted]']);
    expect(statSync(audit).mode & 0o777).toBe(0o600);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['elsewhere', 'elsewhere']);
  });

  it('reopen() continues in a new file after the former was moved away', () => {
    const logs = new Logs({ level: 'info', passes: 0, audit }, destination);
    logs.audit.info('one');
    renameSync(audit, `${audit}.1`);
    logs.audit.info('two');
    logs.reopen();
    logs.audit.info('three');
    logs.close();
    expect([messagesIn(`${audit}.1`), messagesIn(audit)]).toEqual([['one', 'two'], ['three']]);
  });

  it('prepare() keeps the former audit log, even if the new one cannot be opened, until reconfigure()', () => {
    const logs = new Logs({ level: 'info', passes: 0, audit }, destination);
    const missing = join(folder, 'none', 'audit.log');
    expect(() => logs.prepare({ audit: missing })).toThrow('log.audit: cannot open the file');
    logs.prepare({ audit: `${audit}.dropped` });
    logs.audit.info('one');
    logs.app.info('as loud as before');
    for (const [path, line] of [
      [`${audit}.new`, 'two'],
      [undefined, 'three'],
    ] as const) {
      logs.prepare({ audit: path });
      logs.reconfigure({ level: 'info', passes: 0, audit: path });
      logs.audit.info(line);
    }
    expect(readFileSync(`${audit}.dropped`, 'utf8')).toBe('');
    expect([messagesIn(audit), messagesIn(`${audit}.new`)]).toEqual([['one'], ['two']]);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['as loud as before', 'three']);
  });

  it('throws if the audit log cannot be opened', () => {
    const open = (): unknown => new Logs({ level: 'info', passes: 0, audit: folder }, destination);
    expect(open).toThrow('log.audit: cannot open the file: EISDIR');
  });

  it('refuses an audit log that is a symbolic link or has a hard link', () => {
    const target = join(folder, 'target');
    writeFileSync(target, '');
    symlinkSync(target, audit);
    const open = (): Logs => new Logs({ level: 'info', passes: 0, audit }, destination);
    expect(open).toThrow('log.audit: cannot open the file: it is a symbolic link');
    rmSync(audit);
    linkSync(target, audit);
    expect(open).toThrow('log.audit: cannot open the file: the file has another name');
    rmSync(target);
    open().close();
    expect(readFileSync(audit, 'utf8')).toBe('');
  });

  it('refuses an audit log in a folder that anyone can write to, unless it has the sticky bit', () => {
    const open = (): Logs => new Logs({ level: 'info', passes: 0, audit }, destination);
    chmodSync(folder, 0o777);
    expect(open).toThrow('log.audit: cannot open the file: anyone can write to its folder');
    chmodSync(folder, 0o1777);
    open().close();
  });

  it('writes an audit line to the common log if its file cannot be written', () => {
    const logs = new Logs({ level: 'silent', passes: 0, audit: '/dev/full' }, destination);
    const failures: unknown[] = [];
    logs.onAuditFailed = (error) => failures.push(error);
    logs.audit.info('kept');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ log: 'audit', msg: 'kept' }]);
    expect(String(failures)).toContain('ENOSPC');
  });
});
