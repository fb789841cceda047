import type { Found } from '../../app/test-run/test-run.ts';
import type { TestCase } from '../../config/tests/test-case.ts';
import { counted } from '../../lib/time-format.ts';
import { printable, quote } from '../../lib/wording.ts';
import { stepLines } from '../terminal/explanation-text.ts';
import type { Difference } from './judgement.ts';
import type { UntestedRoute } from './untested-routes.ts';
import { untestedText } from './untested-routes.ts';

/** A case and what came of it. */
export interface JudgedCase {
  readonly test: TestCase;
  readonly found: Found;
  /** Empty if it passed. */
  readonly differences: readonly Difference[];
}

/** What a run of tests found. */
export interface Report {
  readonly cases: readonly JudgedCase[];
  readonly routes: number;
  /** `undefined` if only a part of the cases ran. */
  readonly untested: readonly UntestedRoute[] | undefined;
}

/** A line for each failed case with the steps of its decision, the counts, and the routes without a case. */
export function reportText({ cases, routes, untested = [] }: Report): string {
  const failed = cases.filter(isFailed);
  const counts = `${counted(cases.length, 'case')}: ${cases.length - failed.length} passed, ${failed.length} failed`;
  const hint = untested.length === 0 ? [] : [`no case reaches ${untested.length} of ${counted(routes, 'route')}:`];
  const lines = [...failed.flatMap(failureLines), counts, ...hint, ...untested.map((one) => `  ${untestedText(one)}`)];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

export function isFailed({ differences }: JudgedCase): boolean {
  return differences.length > 0;
}

function failureLines({ test: { file, line, name }, found, differences }: JudgedCase): readonly string[] {
  const said = differences.map(({ what, expected, found: was }) => `${what}: expected ${expected}, found ${was}`);
  const reached = found.explanation.steps.filter(({ outcome }) => outcome !== 'not reached');
  const steps = stepLines({ ...found.explanation, steps: reached });
  return [`${file}:${line}: ${quote(name)}: ${said.join('; ')}`, ...steps.map((step) => `  ${step}`)];
}

/** The same for programs. */
export function reportView({
  cases,
  untested = null,
}: Omit<Report, 'untested'> & { readonly untested?: Report['untested'] | null }) {
  const failed = cases.filter(isFailed).length;
  return { passed: cases.length - failed, failed, cases: cases.map(caseView), untested };
}

function caseView(judged: JudgedCase) {
  const {
    test: { file, line, name },
    found: { explanation, scope, identity },
    differences,
  } = judged;
  const { outcome, reason = null, status = null, route = null, shadow = false, steps, entries } = explanation;
  const found = { outcome, reason, status, scope, route, shadow, identity: Object.fromEntries(identity) };
  return { file, line, name, passed: !isFailed(judged), differences, found, steps, entries };
}
