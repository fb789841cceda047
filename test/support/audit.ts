import type { Actor, Operator } from '../../src/audit/actor.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';

/** An audit record: its message, its level, and its facts. */
export type AuditRecord = { readonly level: 'info' | 'warn'; readonly msg: string } & Readonly<Record<string, unknown>>;

/** The caller in tests in which the caller does not matter. */
export const SOMEONE: Actor = { account: 'someone', client: '192.0.2.1' };
export const OPERATOR: Operator = { by: 'operator:test' };

/** Returns an audit log and the records that are written to it, the oldest first. */
export function recordAudit(): { readonly audit: AuditLog; readonly records: AuditRecord[] } {
  const records: AuditRecord[] = [];
  const writeAs =
    (level: AuditRecord['level']) =>
    (facts: object, msg: string): void =>
      void records.push({ level, msg, ...withoutUndefined(facts) });
  const output = { info: writeAs('info'), warn: writeAs('warn') };
  const limit = { tell: (_kind: string, write: (repeated: object) => void) => write({}) };
  return { audit: new AuditLog(output, limit), records };
}

/** Leaves out what JSON leaves out. */
function withoutUndefined(facts: object): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
