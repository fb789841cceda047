import { parseReporterKeys } from '../../../lib/api-key/reporter-keys.ts';
import { decodeUtf8 } from '../../../lib/utf8.ts';
import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { apiKeysSchema, GITHUB_KEYS } from './api-keys-schema.ts';

const SECTION = ['apiKeys'] as const;

/** Reads `apiKeys`; without the section there are no API keys. */
export function readApiKeys(draft: Draft): Config['apiKeys'] | undefined {
  if (draft.valueAt(SECTION) === undefined) return { prefix: undefined, leakReports: undefined };
  const written = draft.read(SECTION, apiKeysSchema);
  if (written === undefined) return undefined;
  const { prefix, leakReports } = written;
  return { prefix, leakReports: leakReports && readReporter(draft, leakReports) };
}

function readReporter(draft: Draft, { keys: url, file }: { keys?: URL | undefined; file?: string | undefined }) {
  const path = [...SECTION, 'leakReports'];
  if (file === undefined) return { kind: 'url', url: url ?? new URL(GITHUB_KEYS) } as const;
  if (url !== undefined) draft.refuse(path, "must have either 'keys' or 'file', not both");
  const contents = draft.readFile([...path, 'file'], file);
  const keys = contents === undefined ? undefined : parseReporterKeys(decodeUtf8(contents) ?? '');
  if (contents !== undefined && keys === undefined) {
    draft.refuse(
      [...path, 'file'],
      'has no ECDSA key on P-256 in the form {"public_keys":[{"key_identifier":…,"key":…}]}',
    );
  }
  return { kind: 'file', keys: keys ?? new Map() } as const;
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
