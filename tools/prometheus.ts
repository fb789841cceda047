import { findProgram, type Program, type ProgramKind } from './program.ts';

const VERSION = { versionArgs: ['--version'], versionPattern: /version (\d+\.\d+\.\d+)/, oldest: [2, 42] } as const;

/** Prometheus and its tool for rules, which come in one package of the system. */
const KINDS = {
  prometheus: { name: 'prometheus', variable: 'PROMETHEUS', ...VERSION },
  promtool: { name: 'promtool', variable: 'PROMTOOL', ...VERSION },
} as const satisfies Record<string, ProgramKind>;

/** Finds `prometheus` or `promtool`; `undefined` if it is missing. See {@link findProgram}. */
export async function findPrometheus(name: keyof typeof KINDS): Promise<Program | undefined> {
  return findProgram(KINDS[name]);
}
