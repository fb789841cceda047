import type { Actor, Operator } from '../../src/audit/actor.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';

/** An audit record: its message, its level, and its facts. */
export type AuditRecord = { readonly level: 'info' | 'warn'; readonly msg: string } & Readonly<Record<string, unknown>>;

/** Who acts in tests that do not ask who it was. */
export const SOMEONE: Actor = { account: 'someone', client: '192.0.2.1' };
export const OPERATOR: Operator = { by: 'operator:test' };

/** An audit log, and the records that were written to it, the oldest first. */
export function recordAudit(): { readonly audit: AuditLog; readonly records: AuditRecord[] } {
  const records: AuditRecord[] = [];
  const writeAs =
    (level: AuditRecord['level']) =>
    (facts: object, msg: string): void =>
      void records.push({ level, msg, ...withoutUndefined(facts) });
  const output = { info: writeAs('info'), warn: writeAs('warn') };
  const limit = { tell: (_kind: string, write: (repeated: number) => void) => write(0) };
  return { audit: new AuditLog(output, limit), records };
}

/** As JSON leaves facts out. */
function withoutUndefined(facts: object): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
