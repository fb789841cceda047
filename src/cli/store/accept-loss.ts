import { withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import { timeOf } from '../../lib/time-format.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { BY_OPTION, readAuthor } from '../operator.ts';

/** Declares each lost part of the revocation set complete. */
export const acceptLosses = defineAction({
  summary: 'declare the revocation set complete after a loss',
  takes: [],
  details: `If the store loses the revocation set (it was emptied, restarted without its data, or replaced by a
backup), running instances rewrite the revocations that they know and answer \`unavailable\` to every request that
needs a credential.

First find out what the set lacks: a backup and the audit log say what was revoked. Revoke that again. Then
accept-loss declares the set complete, and every instance resumes by itself.

Exits with 0 even if nothing is lost.`,
  options: { by: BY_OPTION },
  async run({ config: file, values }, { env, out, err }) {
    const by = operatorOf(readAuthor(values));
    const config = requireConfig(file, env);
    const accepted = await withUseCases(config, err, (useCases) => useCases.acceptLosses(by));
    for (const { key, epoch, lost, noticedAtSeconds } of accepted.losses) {
      const since = noticedAtSeconds === undefined ? 'at an unknown time' : `on ${timeOf(noticedAtSeconds * 1000)}`;
      out(`accepted: the loss noticed ${since}; ${key} is now ${epoch}, it was ${lost.join(', ') || 'unknown'}\n`);
    }
    if (accepted.outcome === 'changed') {
      throw new CommandError(`sallyport: another process has changed ${accepted.key}; run this again`);
    }
    const isNone = accepted.losses.length === 0;
    out(isNone ? 'nothing is lost; nothing was changed\n' : 'instances resume as soon as they read this\n');
    return 0;
  },
});
