import type { IssuerConfig } from '../config/issuer-config.ts';
import type { Finding } from '../core/check.ts';
import { claimAt, claimKey } from '../core/claims/claim-path.ts';
import type { ClaimCondition } from '../core/claims/condition.ts';
import { conditionText, meetsCondition } from '../core/claims/condition.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { printable, shown } from '../lib/wording.ts';

/** The first condition of the issuer's `require` that the claims do not meet; `undefined` if they meet all of them. */
export function unmetCondition(payload: JsonObject, issuer: IssuerConfig): ClaimCondition | undefined {
  if (issuer.kind === 'signing') return undefined;
  return issuer.require.find(({ claim, condition }) => !meetsCondition(claimAt(payload, claim), condition));
}

/** @param payload verified: it says what the issuer signed, or what its introspection server answered. */
export function requiredClaimFinding(payload: JsonObject, issuer: IssuerConfig): Finding | undefined {
  const unmet = unmetCondition(payload, issuer);
  if (unmet === undefined) return undefined;
  return {
    found: `${printable(claimKey(unmet.claim))} is ${foundText(claimAt(payload, unmet.claim))}`,
    expected: `issuer ${issuer.name} requires ${conditionText(unmet.condition)}`,
  };
}

/** A list with one value is another claim than the value. */
function foundText(claim: unknown): string {
  return Array.isArray(claim) ? `a list: ${shown(claim)}` : shown(claim);
}
