import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** A rule that records, or one that alerts. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The folder with the rules and their tests. */
export const RULES_FOLDER = fileURLToPath(new URL('../../../deploy/prometheus/', import.meta.url));

/** Reads the rules of `deploy/prometheus/rules.yaml`. */
export function readRules(): readonly Rule[] {
  // promtool checks the form of the file.
  const { groups } = parse(readFileSync(`${RULES_FOLDER}rules.yaml`, 'utf8')) as {
    groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}
