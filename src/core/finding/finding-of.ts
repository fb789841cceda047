import type { Finding } from '../check.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Deny } from '../decision.ts';
import { needsText } from '../scope.ts';

/** When a denial is described. */
export interface FindingContext {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** `clockSkew` of the configuration, which the end of a credential includes. */
  readonly clockSkewMs: number;
  /** Writes a time, since the core knows no calendar. @param ms Unix milliseconds. */
  readonly timeOf: (ms: number) => string;
}

/** The most scopes or audiences of a credential to list: an issuer may put a thousand into one. */
const MAX_LISTED = 10;

/**
 * What the failed check of a denial found beside what it expected. `undefined` if there is nothing to say beside the
 * name of the check, or nothing that may be said, as of a password.
 */
export function findingOf(denial: Deny, context: FindingContext): Finding | undefined {
  const { check, credential, finding, route } = denial;
  if (finding !== undefined || credential === undefined) return finding;
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
    const found = `has ${listed(credential.identity.scopes) || 'no scopes'}`;
    return { found, expected: `needs ${needsText(denial.required ?? route?.requirement)}` };
  }
  return undefined;
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
