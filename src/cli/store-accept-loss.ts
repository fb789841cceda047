import { randomBytes } from 'node:crypto';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import { timeOf } from '../lib/time-format.ts';
import { acceptLoss, formatEpoch, parseEpoch } from '../revocation-set/epoch.ts';
import type { EpochStore } from '../revocation-set/revocation-store.ts';
import type { Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';
import { defineAction } from './command-definition.ts';

/** Declares each part of the revocation set that was lost complete as it is now. */
export const acceptLosses = defineAction({
  summary: 'declare a revocation set that was lost complete as it is now',
  takes: [],
  details: `If the store loses the revocation set (it was emptied, restarted without its data, or replaced by a
backup), running instances write again the revocations that they know and answer \`unavailable\` to every
request that needs a credential.

First find out what the set lacks: a backup and the audit log say what was revoked. Write that again.
Then accept-loss declares the set complete, and every instance resumes by itself.

Exits with 0, also if nothing is lost.`,
  options: {},
  async run({ config: file }, terminal) {
    const config = requireConfig(file, terminal.env);
    requireStore(config.store);
    await withStore(config.store, ({ epochs }) => acceptAll(epochs, terminal));
    return 0;
  },
});

async function acceptAll(epochs: EpochStore, { out }: Terminal): Promise<void> {
  let accepted = 0;
  for (const [key, found] of await epochs.read()) {
    const record = acceptLoss(found, randomBytes(12).toString('base64url'));
    if (record === undefined || found === undefined) continue;
    if (!(await epochs.swap(key, found, formatEpoch(record)))) {
      throw new CommandError(`sallyport: another process has changed ${key}; run this again`);
    }
    const loss = parseEpoch(found)?.loss;
    const since = loss === undefined ? 'at an unknown time' : `on ${timeOf(loss.noticedAt * 1000)}`;
    out(
      `accepted: the loss noticed ${since}; ${key} is now ${record.epoch}, it was ${loss?.lost.join(', ') || 'unknown'}\n`,
    );
    accepted += 1;
  }
  out(accepted === 0 ? 'nothing is lost; nothing was changed\n' : 'instances resume as soon as they read it\n');
}
