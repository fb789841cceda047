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

/** The result for the records of one kind. */
export interface Tally {
  readonly kind: RecordKind;
  written: number;
  /** Existed already: a copy may be imported again. */
  kept: number;
  /** Left out because they expired. */
  expired: number;
  /** Messages about records that were left out because they conflict with the store. */
  readonly conflicts: string[];
}

export interface MergeParts {
  readonly store: Store;
  readonly nowSeconds: number;
  /** Returns the keys of an account's not-before marks, one for each issuer that the account may belong to. */
  readonly marksOf: (accountId: string) => readonly string[];
  /** Receives, every 10,000 records, how many of a kind were read. */
  readonly progress: (kind: RecordKind, count: number) => void;
}

/** How many records are written at once: enough to share one wait for the disk, or one round trip to Redis. */
const BATCH = 200;
const PROGRESS_EVERY = 10_000;

type RecordOf<Kind extends RecordKind> = Extract<StoredRecord, { kind: Kind }>['record'];

/**
 * Merges a copy that was checked into a store. A revocation is never weakened; existing accounts, tokens and keys stay
 * unchanged. Revocations come first and accounts last, so that an import that fails midway never admits a revoked
 * credential. A repeated import writes what is missing.
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
    const existing = await revocations.readEntries(lasting.map(({ key }) => key));
    // Existing entries too: the copy's may revoke more.
    await Promise.all(lasting.map((entry) => revocations.write(entry)));
    const kept = existing.filter((entry) => entry !== undefined).length;
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

/** Adds accounts one after another, to keep their order. */
async function mergeAccounts(path: string, parts: MergeParts): Promise<Tally> {
  const tally = newTally('account');
  const { accounts } = parts.store;
  for await (const batch of batchesOf(path, 'account', parts)) {
    for (const account of batch) {
      const existing = await accounts.findById(account.id);
      if (existing !== undefined) {
        tally.kept += 1;
        if (!isSame(existing, account))
          tally.conflicts.push(`account ${account.id} differs from the copy; the store keeps its own`);
      } else if (await wasRemoved(account.id, parts)) {
        tally.conflicts.push(`account ${account.id} was removed after the copy was made; it was left out`);
      } else if ((await accounts.add(account)).outcome === 'added') {
        tally.written += 1;
      } else {
        tally.conflicts.push(`account ${account.id}: another account has its name or e-mail address; it was left out`);
      }
    }
  }
  return tally;
}

/**
 * Whether an account was removed: then it has the greatest mark. If it came back, its password would be valid again.
 */
async function wasRemoved(accountId: string, { store, marksOf }: MergeParts): Promise<boolean> {
  const entries = await store.revocations.readEntries(marksOf(accountId));
  return entries.some(
    (entry) => entry !== undefined && readReach(entry.key, entry.value).issuedUpToSeconds === MAX_MARK_SECONDS,
  );
}

/** Compares two accounts without regard to the order of their members. */
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
    // The comparison of `kind` above guarantees the type.
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
