import type { Explanation } from '../../explanation/explain.ts';

const MARKS = { passed: 'ok  ', failed: 'FAIL', 'not reached': '-   ' } as const;

/** The steps of a decision, and the entries that ended its credential, one line each. */
export function stepLines({ steps, entries }: Pick<Explanation, 'steps' | 'entries'>): readonly string[] {
  const lines = steps.map(({ name, outcome, words }) => `${MARKS[outcome]}  ${name.padEnd(12)}  ${words}`.trimEnd());
  return [...lines, ...entries.map((entry) => `      ${entry}`)];
}
