import type { Found } from '../../app/test-run/test-run.ts';
import type { Expectation } from '../../config/tests/test-case.ts';

/** Something that a case expects and that is not so. */
export interface Difference {
  /** Such as `reason`, or `identity.x-auth-subject`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

const NONE = 'none';

/** Compares what was decided with what a case expects. Empty if all of it is so. */
export function differencesOf(expect: Expectation, { explanation, scope, identity }: Found): readonly Difference[] {
  const { outcome, reason = NONE, status, route = NONE, shadow = false, steps } = explanation;
  const check = steps.find((step) => step.outcome === 'failed')?.check ?? NONE;
  const compared: readonly (readonly [what: string, expected: string | undefined, found: string])[] = [
    ['outcome', expect.outcome, outcome],
    ['reason', expect.reason, reason],
    ['check', expect.check, check],
    ['status', textOf(expect.status), textOf(status) ?? NONE],
    ['scope', expect.scope === undefined ? undefined : listed(expect.scope), listed(scope)],
    ['route', expect.route, route],
    ['shadow', textOf(expect.shadow), String(shadow)],
    ...Array.from(expect.identity, ([name, value]) => {
      return [`identity.${name}`, value ?? NONE, identity.get(name) ?? NONE] as const;
    }),
  ];
  return compared.flatMap(([what, expected, found]) =>
    expected === undefined || expected === found ? [] : [{ what, expected, found }],
  );
}

function textOf(value: number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function listed(scopes: readonly string[]): string {
  return scopes.toSorted().join(' ') || NONE;
}
