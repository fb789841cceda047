import { claimKey, parseClaimPath } from '../../../core/claims/claim-path.ts';
import type { Condition } from '../../../core/claims/condition.ts';
import type { ClaimCondition, RouteConditions } from '../../../core/condition/route-conditions.ts';
import type { StepUp } from '../../../core/condition/step-up.ts';
import { quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { readTemplates } from './templates.ts';
import type { WrittenWhere } from './where-schema.ts';

/** The keys of `where` that are no claims. */
const SETTINGS: ReadonlySet<string> = new Set(['authAgeAtMost']);

/** What separates the values of `acr_values`, or ends them, or is not printable (RFC 9470, section 3). */
const UNFIT_ACR = /[^\x21\x23-\x5b\x5d-\x7e]/;

/**
 * Reads the conditions of a route.
 *
 * @param path of `where` in the file.
 * @param pattern of the route.
 * @param clockSkewMs `undefined` if it is invalid.
 */
export function readWhere(
  draft: Draft,
  path: Path,
  written: WrittenWhere,
  pattern: string,
  clockSkewMs: number | undefined,
): RouteConditions {
  const { authAgeAtMost, ...others } = written;
  const claims: ClaimCondition[] = [];
  let acr: StepUp['acr'];
  for (const [name, condition] of Object.entries(others)) {
    const place = [...path, name];
    const claim = readClaim(draft, place, name, condition, pattern);
    if (claim === undefined) continue;
    if (claims.some(({ key }) => key === claim.key)) draft.refuseKey(place, `${quote(claim.key)} is written twice`);
    const values = claim.key === 'acr' ? acrValues(claim) : undefined;
    if (values === undefined) claims.push(claim);
    else acr = values;
  }
  for (const value of acr ?? []) {
    if (!UNFIT_ACR.test(value)) continue;
    draft.refuse(
      [...path, 'acr'],
      `a challenge cannot name ${quote(value)}: acr must be visible ASCII without spaces, quotes and backslashes`,
    );
  }
  const authAge =
    authAgeAtMost === undefined ? undefined : { atMostSeconds: authAgeAtMost, clockSkewMs: clockSkewMs ?? 0 };
  return { claims, stepUp: acr === undefined && authAge === undefined ? undefined : { acr, authAge } };
}

function readClaim(
  draft: Draft,
  place: Path,
  name: string,
  condition: Condition,
  pattern: string,
): ClaimCondition | undefined {
  const meant = [...SETTINGS].find((setting) => isSpelling(name, setting));
  const claim = parseClaimPath(name);
  if (meant !== undefined || claim === undefined) {
    const message =
      meant === undefined
        ? " is no claim: expected a name, or a path such as 'realm_access.roles'"
        : `: write ${meant}`;
    draft.refuseKey(place, `${quote(name)}${message}`);
    return undefined;
  }
  const { literal, templates } = readTemplates(draft, place, condition, pattern);
  return { claim, key: claimKey(claim), condition: literal, templates };
}

/** Whether a name is another spelling of a setting, such as `auth_age_at_most`: such a claim is unlikely. */
function isSpelling(name: string, setting: string): boolean {
  return name.replace(/[_-]/g, '').toLowerCase() === setting.toLowerCase();
}

/** The values of `acr` that a challenge can name; `undefined` if the condition is of another kind. */
function acrValues({ condition, templates }: ClaimCondition): readonly string[] | undefined {
  if (condition.kind !== 'equals' || templates.length > 0) return undefined;
  const values = condition.values.filter((value) => typeof value === 'string');
  return values.length === condition.values.length ? values : undefined;
}
