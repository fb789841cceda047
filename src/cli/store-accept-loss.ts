import { randomBytes } from 'node:crypto';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import { timeOf } from '../lib/time-format.ts';
import { acceptLoss, formatEpoch, parseEpoch } from '../revocation-set/epoch.ts';
import type { EpochStore } from '../revocation-set/revocation-store.ts';
import type { Arguments, Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';

/** Says of each part of the revocation set that was lost that it counts as it is. */
export async function acceptLosses({ config: file }: Arguments, terminal: Terminal): Promise<number> {
  const config = requireConfig(file, terminal.env);
  requireStore(config.store);
  await withStore(config.store, ({ epochs }) => acceptAll(epochs, terminal));
  return 0;
}

async function acceptAll(epochs: EpochStore, { out }: Terminal): Promise<void> {
  let accepted = 0;
  for (const [key, found] of await epochs.read()) {
    const record = acceptLoss(found, randomBytes(12).toString('base64url'));
    if (record === undefined || found === undefined) continue;
    if (!(await epochs.swap(key, found, formatEpoch(record)))) {
      throw new CommandError(`sallyport: ${key} has changed meanwhile; run this again`);
    }
    const loss = parseEpoch(found)?.loss;
    const since = loss === undefined ? 'at an unknown time' : `on ${timeOf(loss.noticedAt * 1000)}`;
    out(
      `accepted: the loss noticed ${since}; ${key} is now ${record.epoch}, before it ${loss?.lost.join(', ') || 'unknown'}\n`,
    );
    accepted += 1;
  }
  out(accepted === 0 ? 'nothing is lost; nothing was changed\n' : 'instances go on as soon as they hear of it\n');
}
