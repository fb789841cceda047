import type { Finding } from '../check.ts';
import type { Deny } from '../decision.ts';
import { needsText } from '../scope.ts';
import type { VerifiedCredential } from '../verified-credential.ts';

/** When a denial is described. */
export interface FindingContext {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** `clockSkew` of the configuration, which the end of a credential includes. */
  readonly clockSkewMs: number;
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
  switch (check) {
    case 'expired':
      return expiredFinding(credential, context);
    case 'issuer not taken here':
      return {
        found: `the issuer is ${credential.identity.issuer}`,
        expected: `the route accepts ${listed([...(route?.issuers ?? [])])}`,
      };
    case 'audience not taken here':
      return {
        found: `aud names ${listed(credential.audiences ?? []) || 'no resource'}`,
        expected: `resource ${route?.resource?.name} accepts ${listed(route?.resource?.audience ?? [])}`,
      };
    case 'scope':
      return {
        found: `has ${listed(credential.identity.scopes) || 'no scopes'}`,
        expected: `needs ${needsText(denial.required ?? route?.requirement)}`,
      };
    default:
      return undefined;
  }
}

function expiredFinding({ validUntilMs }: VerifiedCredential, { nowMs, clockSkewMs }: FindingContext): Finding {
  return {
    found: `exp is ${new Date(validUntilMs - clockSkewMs).toISOString()}`,
    expected: `it is ${new Date(nowMs).toISOString()}, and clockSkew is ${clockSkewMs / 1000} s`,
  };
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
