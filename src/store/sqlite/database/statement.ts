import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** Runs one statement and returns how many rows it inserted, updated or deleted. */
export function change(database: DatabaseSync, sql: string, parameters: readonly SQLInputValue[]): number {
  return Number(database.prepare(sql).run(...parameters).changes);
}
