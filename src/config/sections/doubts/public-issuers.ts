import type { ClaimCondition } from '../../../core/claims/condition.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';

const GOOGLE = ['sub', 'email', 'hd'];
/** Issuers from which anyone can get a token for any audience, by `iss`, and their claims that say whose it is. */
const PUBLIC_ISSUERS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'https://token.actions.githubusercontent.com',
    [
      'sub',
      'repository',
      'repository_id',
      'repository_owner',
      'repository_owner_id',
      'job_workflow_ref',
      'workflow_ref',
      'enterprise',
      'enterprise_id',
    ],
  ],
  [
    'https://gitlab.com',
    ['sub', 'project_id', 'project_path', 'namespace_id', 'namespace_path', 'user_id', 'user_login', 'user_email'],
  ],
  ['https://accounts.google.com', GOOGLE],
  ['accounts.google.com', GOOGLE],
]);

/** Warns of an issuer that makes tokens for everyone, if `require` does not say whose are accepted. */
export function warnOfPublicIssuers(draft: Draft, issuers: readonly IssuerConfig[]): void {
  for (const [index, issuer] of issuers.entries()) {
    if (issuer.kind === 'signing' || issuer.requireSubject !== undefined) continue;
    const owners = issuer.issuer.map((iss) => PUBLIC_ISSUERS.get(iss)).find((names) => names !== undefined);
    if (owners === undefined || issuer.require.some((condition) => namesOwner(condition, owners))) continue;
    const message = `anyone can get a token from this issuer for any audience: say whose are accepted with require, by one of ${owners.join(', ')}`;
    draft.warn(['issuers', index], message);
  }
}

/** The kind that every subject of an issuer begins with, such as `repo:`. */
const KIND_OF_SUBJECT = /^[a-z_]*:?$/;

function namesOwner({ claim: [name = '', ...rest], condition }: ClaimCondition, owners: readonly string[]): boolean {
  if (rest.length > 0 || !owners.includes(name) || condition.kind === 'present') return false;
  return condition.kind !== 'prefix' || !condition.prefixes.some((prefix) => KIND_OF_SUBJECT.test(prefix));
}
