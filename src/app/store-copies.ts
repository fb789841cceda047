import type { Operator } from '../audit/actor.ts';
import type { Config } from '../config/config.ts';
import { readVersion } from '../lib/version.ts';
import type { Counts } from '../store/copy/format.ts';
import type { ImportOutcome, ImportReport } from '../store/copy/import-copy.ts';
import { importCopy } from '../store/copy/import-copy.ts';
import { CopyError, checkCopy } from '../store/copy/read-copy.ts';
import { writeCopy } from '../store/copy/write-copy.ts';
import { openAudit } from './command-audit.ts';
import { requireStore, withStore } from './command-use-cases.ts';

/** Writes a copy of the configured store; resolves to the counts of its records. Rejects with `CommandRefused`. */
export function exportStore(config: Config, write: (text: string) => Promise<unknown> | void): Promise<Counts> {
  requireStore(config.store);
  const issuers = ownIssuers(config).map(({ name, issuer: [first] }) => ({ name, issuer: first }));
  const about = { sallyport: readVersion(), exportedAt: new Date().toISOString(), issuers };
  return withStore(config.store, ({ contents }) => writeCopy(contents, about, write));
}

export interface StoreImport {
  /** The file with the copy. */
  readonly path: string;
  /** Whether to import into a store that is not empty. */
  readonly intoNonEmpty: boolean;
  readonly by: Operator;
}

export interface StoreImportReport extends ImportReport {
  /** Reports an issuer of the copy that is not our own in the configuration. */
  foreignIssuer(name: string, issuer: string): void;
}

export type StoreImportOutcome =
  | ImportOutcome
  /** The file is not a valid copy; nothing was written. */
  | { readonly outcome: 'not a copy'; readonly problem: string }
  /** The file cannot be read. */
  | { readonly outcome: 'not readable'; readonly cause: Error };

/**
 * Imports a copy into the configured store. Writes nothing unless the whole copy is valid and the audit log can be opened.
 * Rejects with `CommandRefused`.
 *
 * @param err takes the audit record if `log.audit` is not set.
 */
export async function importStore(
  config: Config,
  { path, ...request }: StoreImport,
  report: StoreImportReport,
  err: (text: string) => void,
): Promise<StoreImportOutcome> {
  const checked = await check(path);
  if (checked.outcome !== 'valid') return checked;
  const { header } = checked;
  const own = ownIssuers(config);
  for (const { name, issuer } of header.issuers) {
    if (!own.some((one) => one.name === name && one.issuer.includes(issuer))) report.foreignIssuer(name, issuer);
  }
  const use = async (store: Parameters<Parameters<typeof withStore>[1]>[0]): Promise<ImportOutcome> => {
    const records = openAudit(config, { err });
    try {
      records.require();
      const issuers = own.map(({ name }) => name);
      const parts = { store, audit: records.audit, issuers, nowSeconds: Date.now() / 1000 };
      return await importCopy({ path, header, ...request }, parts, report);
    } finally {
      records.close();
    }
  };
  return await withStore(config.store, use, 'import');
}

async function check(path: string) {
  try {
    return { outcome: 'valid', header: await checkCopy(path) } as const;
  } catch (cause) {
    if (cause instanceof CopyError) return { outcome: 'not a copy', problem: cause.message } as const;
    if (cause instanceof Error && 'syscall' in cause) return { outcome: 'not readable', cause } as const;
    throw cause;
  }
}

function ownIssuers({ issuers }: Config) {
  return issuers.flatMap(({ kind, name, issuer }) => (kind === 'signing' ? [{ name, issuer }] : []));
}
