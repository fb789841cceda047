import type { Store } from '../store.ts';
import { SqliteAccounts } from './accounts.ts';
import { SqliteBasicUses } from './basic-uses.ts';
import { SqliteContents } from './contents.ts';
import { storeErrorFrom } from './database/failure.ts';
import { checkFiles, isWithoutLog, refuseEmpty, refuseHollow } from './database/file.ts';
import { Reader } from './database/reader.ts';
import { SqliteEpochs } from './epochs.ts';
import { readPosition, SqliteFeed } from './feed.ts';
import { SqliteIdempotency } from './idempotency.ts';
import { SqliteLogInHistory } from './log-in-history.ts';
import { purgeRegularly } from './purge.ts';
import { SqliteRevocations } from './revocations.ts';
import { SqliteSigningKeys } from './signing-keys.ts';
import { SqliteTokens } from './tokens.ts';
import { SqliteUsedProofs } from './used-proofs.ts';
import { Writer } from './writer/writer.ts';

export interface SqliteOptions {
  /** Whether to purge old records regularly, as an instance does; `false` by default. */
  readonly purges?: boolean;
  /** Whether an import creates the store: then older files may lie next to it; `false` by default. */
  readonly isImport?: boolean;
}

/**
 * Opens the embedded store, one SQLite file that other processes on this machine may share. Creates the file if there
 * is none; its directory must exist. Rejects with `StoreError` if the file cannot be used. Keeps the process alive
 * until the store is closed.
 */
export async function openSqliteStore(
  path: string,
  { purges = false, isImport = false }: SqliteOptions = {},
): Promise<Store> {
  try {
    checkFiles(path, isImport);
  } catch (error) {
    throw storeErrorFrom(path, error);
  }
  const isWithoutLogFile = isWithoutLog(path);
  const writer = new Writer(path);
  const { isEmpty, missingEpoch } = await writer.opened;
  try {
    if (isEmpty && !isImport) refuseEmpty(path);
    // A command may work on an empty store, but an instance would create new keys.
    if (isEmpty && isWithoutLogFile && purges) refuseHollow(path);
    const reader = new Reader(path);
    const feed = new SqliteFeed(reader, await reader.read(readPosition));
    return assemble(reader, writer, feed, { purges, missingEpoch });
  } catch (error) {
    await writer.close();
    throw storeErrorFrom(path, error);
  }
}

function assemble(
  reader: Reader,
  writer: Writer,
  feed: SqliteFeed,
  { purges, missingEpoch }: { readonly purges: boolean; readonly missingEpoch: string | undefined },
): Store {
  const endPurge = purges ? purgeRegularly(writer) : () => undefined;
  const epochs = new SqliteEpochs(reader, writer, missingEpoch);
  let closed: Promise<void> | undefined;
  const close = async () => {
    endPurge();
    feed.end();
    // The reader first: the writer's connection must be the last, because it merges the log into the file.
    reader.close();
    await writer.close();
  };
  return {
    revocations: new SqliteRevocations(reader, writer, feed),
    epochs,
    feed,
    accounts: new SqliteAccounts(reader, writer, feed),
    tokens: new SqliteTokens(reader, writer),
    idempotency: new SqliteIdempotency(writer),
    basicUses: new SqliteBasicUses(reader, writer),
    logInHistory: new SqliteLogInHistory(reader, writer),
    usedProofs: new SqliteUsedProofs(writer),
    signingKeys: new SqliteSigningKeys(reader, writer),
    contents: new SqliteContents(reader),
    close: () => (closed ??= close()),
  };
}
