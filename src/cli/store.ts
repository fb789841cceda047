import { randomBytes } from 'node:crypto';
import { acceptLoss, formatEpoch, parseEpoch } from '../revocation/epoch.ts';
import type { EpochStore } from '../store/store.ts';
import type { Command, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { requireStore, withStore } from './shared-store.ts';
import { timeOf } from './words.ts';

/** What an operator does about the store itself. */
export const store: Command = {
  summary: 'accept that revocations were lost',
  usage: `usage: sallyport store accept-loss [--config FILE]

Where the store lost the revocation set (emptied, restarted without its data, a backup put back), running instances have
written again the revocations that they know, and answer \`unavailable\` to whatever asks for a credential. See first
what the set lacks now: a backup, and the audit log, tell what was revoked; write that again. accept-loss then says that
the set counts as it is, and every instance goes on by itself. Exits with 0, also where nothing is lost.
`,
  options: {},
  async run({ positionals, config: file }, terminal) {
    if (positionals.length !== 1 || positionals[0] !== 'accept-loss') throw new UsageError('expected accept-loss');
    const config = requireConfig(file, terminal.env);
    requireStore(config.store);
    await withStore(config.store, ({ epochs }) => acceptAll(epochs, terminal));
    return 0;
  },
};

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
