import { claimKey } from '../../../core/claims/claim-path.ts';
import type { RouteClaim, RouteConditions } from '../../../core/condition/route-conditions.ts';
import type { DecisionPointUse } from '../../../core/condition/ruling.ts';
import type { StepUp } from '../../../core/condition/step-up.ts';
import { quote, suggest } from '../../../lib/wording.ts';
import type { DecisionPointConfig } from '../../config.ts';
import type { NamedCondition } from '../../reading/claim-conditions.ts';
import { readNamedConditions } from '../../reading/claim-conditions.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { readTemplates } from './templates.ts';
import type { WrittenWhere } from './where-schema.ts';

/** The keys of `where` that are no claims. */
const SETTINGS: ReadonlySet<string> = new Set(['authAgeAtMost', 'authzen']);

/** What separates the values of `acr_values`, or ends them, or is not printable (RFC 9470, section 3). */
const UNFIT_ACR = /[^\x21\x23-\x5b\x5d-\x7e]/;

/** What the conditions of a route refer to. */
export interface WhereContext {
  /** `undefined` if it is invalid. */
  readonly clockSkewMs: number | undefined;
  /** By name; `undefined` if the section is invalid. */
  readonly decisionPoints: ReadonlyMap<string, DecisionPointConfig> | undefined;
}

/**
 * Reads the conditions of a route.
 *
 * @param path of `where` in the file.
 * @param pattern of the route.
 */
export function readWhere(
  draft: Draft,
  path: Path,
  written: WrittenWhere,
  pattern: string,
  { clockSkewMs = 0, decisionPoints }: WhereContext,
): RouteConditions {
  const { authAgeAtMost, authzen, ...conditions } = written;
  const all = readNamedConditions(draft, path, conditions, SETTINGS).map((one) => readClaim(draft, path, one, pattern));
  refuseRepeated(draft, path, all);
  const acr = all.map(acrValues).find((values) => values !== undefined);
  refuseUnfit(draft, path, acr ?? []);
  const authAge = authAgeAtMost === undefined ? undefined : { atMostSeconds: authAgeAtMost, clockSkewMs };
  const decisionPoint = authzen === undefined ? undefined : useOf(draft, [...path, 'authzen'], authzen, decisionPoints);
  return {
    claims: all.filter((claim) => acrValues(claim) === undefined),
    stepUp: acr === undefined && authAge === undefined ? undefined : { acr, authAge },
    ...(decisionPoint === undefined ? {} : { decisionPoint }),
  };
}

function readClaim(draft: Draft, path: Path, { name, claim, condition }: NamedCondition, pattern: string): RouteClaim {
  const place = [...path, name];
  const meant = [...SETTINGS].find((setting) => isSpelling(name, setting));
  if (meant !== undefined) draft.refuseKey(place, `${quote(name)}: write ${meant}`);
  const { literal, templates } = readTemplates(draft, place, condition, pattern);
  return { claim, key: claimKey(claim), condition: literal, templates };
}

/** Whether a name is another spelling of a setting, such as `auth_age_at_most`: such a claim is unlikely. */
function isSpelling(name: string, setting: string): boolean {
  return name.replace(/[_-]/g, '').toLowerCase() === setting.toLowerCase();
}

function refuseRepeated(draft: Draft, path: Path, claims: readonly RouteClaim[]): void {
  const keys = claims.map(({ key }) => key);
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  if (repeated !== undefined) draft.refuse(path, `the claim ${quote(repeated)} is written twice`);
}

function refuseUnfit(draft: Draft, path: Path, acr: NonNullable<StepUp['acr']>): void {
  const unfit = acr.find((value) => UNFIT_ACR.test(value));
  if (unfit === undefined) return;
  const advice = 'acr must be visible ASCII without spaces, quotes and backslashes';
  draft.refuse([...path, 'acr'], `a challenge cannot name ${quote(unfit)}: ${advice}`);
}

/** The values of `acr` that a challenge can name; `undefined` for another claim, or a condition of another kind. */
function acrValues({ key, condition, templates }: RouteClaim): readonly string[] | undefined {
  if (key !== 'acr' || condition.kind !== 'equals' || templates.length > 0) return undefined;
  const values = condition.values.filter((value) => typeof value === 'string');
  return values.length === condition.values.length ? values : undefined;
}

function useOf(
  draft: Draft,
  place: Path,
  name: string,
  known: WhereContext['decisionPoints'],
): DecisionPointUse | undefined {
  const point = known?.get(name);
  if (point !== undefined) return { name, subjectType: point.subjectType, claims: point.claims };
  if (known === undefined) return undefined;
  const advice = known.size === 0 ? ': add it to decisionPoints' : suggest(name, known.keys());
  draft.refuse(place, `unknown decision point ${quote(name)}${advice}`);
  return undefined;
}
