import { randomBytes } from 'node:crypto';
import type { Operator } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { EpochRecord } from '../revocation-set/epoch.ts';
import { epochsIn, formatEpoch, latestEpochs, parseEpoch } from '../revocation-set/epoch.ts';
import type { EpochStore } from '../revocation-set/revocation-store.ts';

export interface AcceptLossParts {
  readonly epochs: Pick<EpochStore, 'read' | 'swap'>;
  readonly audit: Pick<AuditLog, 'lossAccepted'>;
}

/** A part of the revocation set that was lost and is now declared complete. */
export interface AcceptedLoss {
  /** Where the epoch record of the part lies. */
  readonly key: string;
  /** The epoch from now on. */
  readonly epoch: string;
  /** The epochs that were lost, as far as they are known. */
  readonly lost: readonly string[];
  /** Unix seconds; `undefined` if the record could not be read. */
  readonly noticedAtSeconds: number | undefined;
}

export type AcceptLossOutcome =
  /** Empty `losses`: nothing was lost. */
  | { readonly outcome: 'accepted'; readonly losses: readonly AcceptedLoss[] }
  /** Another process changed the record at `key`; `losses` were accepted before, and the rest was not. */
  | { readonly outcome: 'changed'; readonly key: string; readonly losses: readonly AcceptedLoss[] };

/**
 * Declares each lost part of the revocation set complete as it is now, with one audit record for each. Instances then
 * resume by themselves. Rejects with `StoreError`.
 */
export async function acceptLosses({ epochs, audit }: AcceptLossParts, by: Operator): Promise<AcceptLossOutcome> {
  const losses: AcceptedLoss[] = [];
  for (const [key, found] of await epochs.read()) {
    const record = acceptLoss(found, randomBytes(12).toString('base64url'));
    if (record === undefined || found === undefined) continue;
    if (!(await epochs.swap(key, found, formatEpoch(record)))) return { outcome: 'changed', key, losses };
    const loss = parseEpoch(found)?.loss;
    const accepted = { key, epoch: record.epoch, lost: loss?.lost ?? [], noticedAtSeconds: loss?.noticedAt };
    audit.lossAccepted(by, accepted);
    losses.push(accepted);
  }
  return { outcome: 'accepted', losses };
}

/** Whether a part of the revocation set was lost. Rejects with `StoreError`. */
export async function hasLosses({ epochs }: { readonly epochs: Pick<EpochStore, 'read'> }): Promise<boolean> {
  return [...(await epochs.read()).values()].some((found) => acceptLoss(found, '') !== undefined);
}

/**
 * The record that accepts the loss which another reports; `undefined` if it reports none.
 *
 * @param epoch never used before.
 */
export function acceptLoss(found: string | undefined, epoch: string): EpochRecord | undefined {
  if (found === undefined) return undefined;
  const existing = parseEpoch(found);
  if (existing !== undefined && existing.loss === undefined) return undefined;
  return { epoch, follows: existing === undefined ? [] : latestEpochs(epochsIn(existing)), loss: undefined };
}
