import type { Check, Finding } from '../check.ts';
import { ACR, AUTH_TIME } from '../condition/step-up.ts';
import { placesText } from '../credential/places/places.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Deny } from '../decision.ts';
import { needsText } from '../scope.ts';
import { droppedText } from './dropped-text.ts';

/** When a denial is described. */
export interface FindingContext {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** `clockSkew` of the configuration, which the end of a credential includes. */
  readonly clockSkewMs: number;
  /** Writes a time, since the core knows no calendar. @param ms Unix milliseconds. */
  readonly timeOf: (ms: number) => string;
  /** Writes the value of a claim, which may be anything, for one line of a log. */
  readonly shown: (value: unknown) => string;
}

/** The most scopes or audiences of a credential to list: an issuer may put a thousand into one. */
const MAX_LISTED = 10;

/**
 * What the failed check of a denial found beside what it expected. `undefined` if there is nothing to say beside the
 * name of the check, or nothing that may be said, as of a password.
 */
export function findingOf(denial: Deny, context: FindingContext): Finding | undefined {
  const { check, credential, finding, route } = denial;
  if (finding !== undefined) return finding;
  if (denial.step === 'credential') return placeFinding(denial);
  if (credential === undefined) return undefined;
  if (check === 'token_type') return kindFinding(denial, credential);
  if (check === 'expired') return expiredFinding(credential, context);
  if (check === 'issuer not taken here') {
    const expected = `the route accepts ${listed([...(route?.issuers ?? [])])}`;
    return { found: `the issuer is ${credential.identity.issuer}`, expected };
  }
  if (check === 'audience not taken here') {
    const found = `aud names ${listed(credential.audiences ?? []) || 'no resource'}`;
    return { found, expected: `resource ${route?.resource?.name} accepts ${listed(route?.resource?.audience ?? [])}` };
  }
  if (check === 'scope') {
    const dropped = droppedText(credential.dropped, context.shown);
    const found = `has ${listed(credential.identity.scopes) || 'no scopes'}${dropped}`;
    return { found, expected: `needs ${needsText(denial.required ?? route?.requirement)}` };
  }
  return conditionFinding(denial, credential, context);
}

function kindFinding({ route }: Deny, { use }: VerifiedCredential): Finding {
  const expected = route?.takesRefresh === true ? 'a refresh token of ours' : 'any other token';
  return { found: `token_use is ${use ?? 'that of another issuer'}`, expected: `the route accepts ${expected}` };
}

function conditionFinding(
  { check, failedClaim, route }: Deny,
  { claims }: VerifiedCredential,
  { nowMs, timeOf, shown }: FindingContext,
): Finding | undefined {
  if (check === 'where' && failedClaim !== undefined) {
    const { key, found, expected } = failedClaim;
    return { found: `${key} is ${shown(found)}`, expected: `the route requires ${expected}` };
  }
  const { acr, authAge } = route?.where?.stepUp ?? {};
  if (check === 'acr' && acr !== undefined) {
    return {
      found: `acr is ${shown(claims?.get(ACR))}`,
      expected: `the route requires ${acr.map(shown).join(' or ')}`,
    };
  }
  if (check !== 'auth_time' || authAge === undefined) return undefined;
  const { atMostSeconds, clockSkewMs } = authAge;
  const authTime = claims?.get(AUTH_TIME);
  const found = typeof authTime === 'number' ? timeOf(authTime * 1000) : shown(authTime);
  return {
    found: `auth_time is ${found}`,
    expected: `it is ${timeOf(nowMs)}, the route requires at most ${atMostSeconds} s ago, and clockSkew is ${clockSkewMs / 1000} s`,
  };
}

const FOUND_IN_PLACES: Readonly<Partial<Record<Check & string, string>>> = {
  'no credential': 'no credential',
  'several credentials': 'more than one credential',
  'ambiguous credential': 'a credential that two parsers could read in different ways',
  origin: 'a cookie, with an Origin or a Sec-Fetch-Site that may not use it, or with neither',
  'query not removed': 'a credential in the query, which this gateway would pass on',
};

/** A route that reads Authorization alone needs no word about it. */
function placeFinding({ check, route }: Deny): Finding | undefined {
  const found = typeof check === 'string' ? FOUND_IN_PLACES[check] : undefined;
  if (found === undefined || route?.credentialPlaces === undefined) return undefined;
  return { found, expected: `the route reads ${placesText(route.credentialPlaces)}` };
}

function expiredFinding({ validUntilMs }: VerifiedCredential, context: FindingContext): Finding {
  const { nowMs, clockSkewMs, timeOf } = context;
  return {
    found: `exp is ${timeOf(validUntilMs - clockSkewMs)}`,
    expected: `it is ${timeOf(nowMs)}, and clockSkew is ${clockSkewMs / 1000} s`,
  };
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
