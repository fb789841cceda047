import { withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import { timeOf } from '../../lib/time-format.ts';
import type { AcceptedLoss } from '../../revocation/accept-loss.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { BY_OPTION, CONFIRM_OPTION, readAuthor } from '../operator.ts';
import { confirm } from '../terminal/confirm.ts';
import { show } from '../terminal/json.ts';

/** Declares each lost part of the revocation set complete. */
export const acceptLosses = defineAction({
  summary: 'declare the revocation set complete after a loss',
  takes: [],
  details: `If the store loses the revocation set (it was emptied, restarted without its data, or replaced by a
backup), running instances rewrite the revocations that they know and answer \`unavailable\` to every request that
needs a credential.

First find out what the set lacks: a backup and the audit log say what was revoked. Revoke that again. Then
accept-loss declares the set complete, and every instance resumes by itself.

Asks for confirmation if something is lost. Exits with 0 even if nothing is.`,
  json: '{losses: [{key, epoch, lost, noticed}]}; empty if nothing was lost',
  options: { by: BY_OPTION, yes: CONFIRM_OPTION },
  async run({ config: file, values }, terminal) {
    const by = operatorOf(readAuthor(values));
    const config = requireConfig(file, terminal.env);
    const accepted = await withUseCases(config, terminal.err, async (useCases) => {
      if (await useCases.hasLosses()) await confirm(QUESTION, values.yes === true, terminal);
      return await useCases.acceptLosses(by);
    });
    const lines = accepted.losses.map(lineOf).join('');
    if (accepted.outcome === 'changed') {
      terminal.err(lines);
      throw new CommandError(`sallyport: another process has changed ${accepted.key}; run this again`);
    }
    const losses = accepted.losses.map(({ noticedAtSeconds, ...loss }) => {
      return { ...loss, noticed: noticedAtSeconds === undefined ? null : timeOf(noticedAtSeconds * 1000) };
    });
    const isNone = losses.length === 0;
    const end = isNone ? 'nothing is lost; nothing was changed\n' : 'instances resume as soon as they read this\n';
    show(terminal, { losses }, `${lines}${end}`);
    return 0;
  },
});

const QUESTION = 'this declares the revocation set complete: a token whose revocation is missing from it passes again';

function lineOf({ key, epoch, lost, noticedAtSeconds }: AcceptedLoss): string {
  const since = noticedAtSeconds === undefined ? 'at an unknown time' : `on ${timeOf(noticedAtSeconds * 1000)}`;
  return `accepted: the loss noticed ${since}; ${key} is now ${epoch}, it was ${lost.join(', ') || 'unknown'}\n`;
}
