import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../../accounts/account.ts';
import { readReach } from '../../core/revocation-entry.ts';
import { ENTRY_GRACE_SECONDS } from '../../revocation-set/entry.ts';
import { MAX_MARK_SECONDS } from '../../revocation-set/entry-merge.ts';
import type { SealedSigningKey } from '../../signing/signing-key-store.ts';
import { TOKENS_KEPT_SECONDS } from '../../tokens/token.ts';
import type { Store, StoredRecord } from '../store.ts';
import type { RecordKind } from './format.ts';
import { mergeSigningKeys } from './merge-signing-keys.ts';
import { readCopy } from './read-copy.ts';

/** What became of the records of one kind. */
export interface Tally {
  readonly kind: RecordKind;
  written: number;
  /** There already: a copy may be put into a store again. */
  kept: number;
  /** Of no use any more. */
  expired: number;
  /** What cannot stand beside what is there, in words; it was left out. */
  readonly conflicts: string[];
}

export interface MergeParts {
  readonly store: Store;
  readonly nowSeconds: number;
  /** The keys of the marks of an account, one for each issuer whose account it may be. */
  readonly marksOf: (accountId: string) => readonly string[];
  /** Told now and then how many records of a kind were looked at. */
  readonly progress: (kind: RecordKind, count: number) => void;
}

/** So many are written at once: enough to share a wait for the disk, or the way to Redis. */
const BATCH = 200;
const PROGRESS_EVERY = 10_000;

type RecordOf<Kind extends RecordKind> = Extract<StoredRecord, { kind: Kind }>['record'];

/**
 * Puts a copy that was checked into a store, whose own rules decide where something stands there: a revocation is never
 * weakened, accounts, tokens and keys stay as they are. Revocations come first and accounts last, so that, wherever this
 * is broken off, nobody gets in with what has ended. Done again it writes what is missing.
 */
export async function* mergeCopy(path: string, parts: MergeParts): AsyncIterable<Tally> {
  yield await mergeRevocations(path, parts);
  yield await mergeAllKeys(path, parts);
  yield await mergeTokens(path, parts);
  yield await mergeAccounts(path, parts);
}

async function mergeRevocations(path: string, parts: MergeParts): Promise<Tally> {
  const tally = newTally('revocation');
  for await (const entries of batchesOf(path, 'revocation', parts)) {
    const lasting = entries.filter(({ expiresAtSeconds = Number.POSITIVE_INFINITY }) => {
      return expiresAtSeconds + ENTRY_GRACE_SECONDS > parts.nowSeconds;
    });
    const { revocations } = parts.store;
    const standing = await revocations.readEntries(lasting.map(({ key }) => key));
    // Also those that stand: what the copy says may be more.
    await Promise.all(lasting.map((entry) => revocations.write(entry)));
    const kept = standing.filter((entry) => entry !== undefined).length;
    tally.kept += kept;
    tally.written += lasting.length - kept;
    tally.expired += entries.length - lasting.length;
  }
  return tally;
}

async function mergeTokens(path: string, parts: MergeParts): Promise<Tally> {
  const tally = newTally('token');
  for await (const tokens of batchesOf(path, 'token', parts)) {
    const lasting = tokens.filter(({ expiresAtSeconds }) => expiresAtSeconds + TOKENS_KEPT_SECONDS > parts.nowSeconds);
    const restored = await Promise.all(lasting.map((token) => parts.store.tokens.restore(token)));
    tally.written += restored.filter(Boolean).length;
    tally.kept += restored.filter((isNew) => !isNew).length;
    tally.expired += tokens.length - lasting.length;
  }
  return tally;
}

async function mergeAllKeys(path: string, parts: MergeParts): Promise<Tally> {
  const tally = newTally('signing-key');
  const keys: SealedSigningKey[] = [];
  for await (const batch of batchesOf(path, 'signing-key', parts)) keys.push(...batch);
  for (const [issuer, added] of Map.groupBy(keys, (key) => key.issuer)) {
    const { written, kept, conflicts } = await mergeSigningKeys(parts.store.signingKeys, issuer, added);
    tally.written += written;
    tally.kept += kept;
    tally.conflicts.push(...conflicts);
  }
  return tally;
}

/** One after the other: their order is kept. */
async function mergeAccounts(path: string, parts: MergeParts): Promise<Tally> {
  const tally = newTally('account');
  const { accounts } = parts.store;
  for await (const batch of batchesOf(path, 'account', parts)) {
    for (const account of batch) {
      const standing = await accounts.findById(account.id);
      if (standing !== undefined) {
        tally.kept += 1;
        if (!isSame(standing, account))
          tally.conflicts.push(`account ${account.id} is not as in the copy; it stays so`);
      } else if (await wasRemoved(account.id, parts)) {
        tally.conflicts.push(`account ${account.id} was removed since; it was left out`);
      } else if ((await accounts.add(account)).outcome === 'added') {
        tally.written += 1;
      } else {
        tally.conflicts.push(`account ${account.id}: another one has its name or e-mail address; it was left out`);
      }
    }
  }
  return tally;
}

/** An account that was removed has the greatest mark of all. Its tokens ended with it, but its password would count again. */
async function wasRemoved(accountId: string, { store, marksOf }: MergeParts): Promise<boolean> {
  const entries = await store.revocations.readEntries(marksOf(accountId));
  return entries.some(
    (entry) => entry !== undefined && readReach(entry.key, entry.value).issuedUpToSeconds === MAX_MARK_SECONDS,
  );
}

/** Whatever the order of their members. */
function isSame(left: Account, right: Account): boolean {
  const members = (account: Account) => Object.entries(account).filter(([, value]) => value !== undefined);
  return isDeepStrictEqual(new Map(members(left)), new Map(members(right)));
}

async function* batchesOf<Kind extends RecordKind>(
  path: string,
  kind: Kind,
  { progress }: MergeParts,
): AsyncIterable<readonly RecordOf<Kind>[]> {
  let batch: RecordOf<Kind>[] = [];
  let count = 0;
  for await (const line of readCopy(path)) {
    if (line.kind !== kind) continue;
    // By its kind it is one.
    batch.push(line.record as RecordOf<Kind>);
    if (++count % PROGRESS_EVERY === 0) progress(kind, count);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function newTally(kind: RecordKind): Tally {
  return { kind, written: 0, kept: 0, expired: 0, conflicts: [] };
}
