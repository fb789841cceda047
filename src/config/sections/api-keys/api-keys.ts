import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { apiKeysSchema } from './api-keys-schema.ts';

const SECTION = ['apiKeys'] as const;

/** Reads `apiKeys`; without the section there are no API keys. */
export function readApiKeys(draft: Draft): Config['apiKeys'] | undefined {
  if (draft.valueAt(SECTION) === undefined) return { prefix: undefined };
  return draft.read(SECTION, apiKeysSchema);
}

/** API keys belong to accounts, and accounts to our own issuer. */
export function refuseKeysWithoutIssuer(
  draft: Draft,
  issuers: Config['issuers'] | undefined,
  apiKeys: Config['apiKeys'] | undefined,
): void {
  if (issuers === undefined || apiKeys?.prefix === undefined || issuers.some(({ kind }) => kind === 'signing')) return;
  draft.refuse(SECTION, 'needs an issuer with signing: each key belongs to one of its accounts');
}
