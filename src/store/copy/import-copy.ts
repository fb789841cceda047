import type { Operator } from '../../audit/actor.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import { subjectMarkKey } from '../../revocation-set/entry-keys.ts';
import type { Store, StoreContents } from '../store.ts';
import type { Header, RecordKind } from './format.ts';
import { noCounts } from './format.ts';
import type { Tally } from './merge-copy.ts';
import { mergeCopy } from './merge-copy.ts';

export interface ImportCopyParts {
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'storeImported'>;
  /** The names of the configured own issuers, whose accounts the store holds. */
  readonly issuers: readonly string[];
  readonly nowSeconds: number;
}

/** A copy that `checkCopy` has found valid, and how to import it. */
export interface ImportRequest {
  readonly path: string;
  readonly header: Header;
  /** Whether to import into a store that is not empty. */
  readonly intoNonEmpty: boolean;
  readonly by: Operator;
}

/** Receives the progress of an import. */
export interface ImportReport {
  /** Reports how many records of a kind were read so far. */
  progress(kind: RecordKind, count: number): void;
  /** Reports that all records of a kind are imported. */
  merged(tally: Tally): void;
}

export type ImportOutcome =
  /** `conflicts`: the number of records that were left out because they conflict with the store. */
  | { readonly outcome: 'imported'; readonly conflicts: number }
  /** The store is not empty; nothing was written. */
  | { readonly outcome: 'not empty' };

/**
 * Imports a copy into a store. Writes one audit record with the counts, even if the import fails midway. Rejects with
 * `StoreError`.
 */
export async function importCopy(
  { path, header, intoNonEmpty, by }: ImportRequest,
  { store, audit, issuers, nowSeconds }: ImportCopyParts,
  report: ImportReport,
): Promise<ImportOutcome> {
  if (!intoNonEmpty && !(await isEmpty(store.contents))) return { outcome: 'not empty' };
  const names = [...new Set([...header.issuers.map(({ name }) => name), ...issuers])];
  const marksOf = (accountId: string) => names.map((name) => subjectMarkKey(name, accountId));
  const progress = report.progress.bind(report);
  const written = noCounts();
  let [conflicts, isComplete] = [0, false];
  try {
    for await (const tally of mergeCopy(path, { store, nowSeconds, marksOf, progress })) {
      written[tally.kind] = tally.written;
      conflicts += tally.conflicts.length;
      report.merged(tally);
    }
    isComplete = true;
  } finally {
    const { account: accounts, 'signing-key': signingKeys, token: tokens, revocation: revocations } = written;
    const { exportedAt } = header;
    audit.storeImported(by, { exportedAt, accounts, signingKeys, tokens, revocations, conflicts, isComplete });
  }
  return { outcome: 'imported', conflicts };
}

async function isEmpty(contents: StoreContents): Promise<boolean> {
  for await (const _record of contents.read()) return false;
  return true;
}
