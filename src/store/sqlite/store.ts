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
import { Writer } from './writer/writer.ts';

export interface SqliteOptions {
  /** Whether to forget what ended long ago, as an instance that runs on does. */
  readonly purges?: boolean;
  /** Whether the store is made anew, from a copy: then what lies beside it may be older. */
  readonly isImport?: boolean;
}

/**
 * Opens the embedded store: one SQLite file, which other processes on this machine may share, made where there is
 * none; its directory must exist. Rejects with `StoreError` where the file can't be used. Keeps the process alive
 * until it is closed.
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
  const isLone = isWithoutLog(path);
  const writer = new Writer(path);
  const { isEmpty, missingEpoch } = await writer.opened;
  try {
    if (isEmpty && !isImport) refuseEmpty(path);
    // A command may have begun it; an instance would make new keys.
    if (isEmpty && isLone && purges) refuseHollow(path);
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
    // First, so that the writer's is the last connection, which leaves one whole file without a log beside it.
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
    signingKeys: new SqliteSigningKeys(reader, writer),
    contents: new SqliteContents(reader),
    close: () => (closed ??= close()),
  };
}
