import { requireStore, withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import { entryText } from '../../explanation/entry-text.ts';
import { printable } from '../../lib/wording.ts';
import type { UnrevokeResult } from '../../revocation/unrevoke.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { AUTHOR_OPTIONS, CONFIRM_OPTION, readAuthor } from '../operator.ts';
import { confirm } from '../terminal/confirm.ts';
import { show } from '../terminal/json.ts';
import { takenBackText, unrevokeWarningLines } from '../terminal/revocation-text.ts';
import { checkRequest, openRequest, readRequest, TARGET_OPTIONS } from './revocation-options.ts';
import { refusal } from './revoke.ts';

/** Takes one revocation back. Exits with 0 also if there is none. */
export const unrevokeToken = defineAction({
  summary: 'take back a revocation that was a mistake',
  forms: [
    '--token-file FILE',
    '--issuer NAME --jti ID',
    '--thumbprint HEX',
    '--issuer NAME --subject SUBJECT',
    '--issuer NAME --key KID',
    '--issuer NAME --all',
  ].map((form) => `${form} [--reason TEXT] [--by NAME] [--yes]`),
  details: `The tokens that the revocation ended are valid again, also at running instances, unless another revocation
ends them. These stay revoked: a token that was rotated, the tokens of an account of our own issuer (--subject),
and the tokens of a key that \`keys revoke\` removed.

Deleting the entry from the store does not have this effect: instances that know it write it again.`,
  json: '{results: [{outcome, key, value}]}; outcome is taken back or not revoked',
  options: {
    ...TARGET_OPTIONS,
    ...AUTHOR_OPTIONS,
    yes: { ...CONFIRM_OPTION, help: 'do not ask before --subject, --key and --all' },
  },
  async run(args, terminal) {
    const requested = readRequest(args);
    const author = readAuthor(args.values);
    const config = requireConfig(args.config, terminal.env);
    checkRequest(requested, config);
    requireStore(config.store);
    const question = takenBackText(requested);
    if (question !== undefined) await confirm(printable(question), args.values.yes === true, terminal);
    const request = await openRequest(requested, terminal);
    return withUseCases(config, terminal.err, async (useCases) => {
      const taken = await useCases.unrevoke.unrevoke(request, operatorOf(author), author.reason);
      if (taken.outcome === 'refused') throw await refusal(taken.problem, useCases);
      for (const line of unrevokeWarningLines(taken.warnings)) terminal.err(`warning: ${printable(line)}\n`);
      const lines = taken.results.flatMap(linesOf);
      show(terminal, { results: taken.results }, lines.map((line) => `${printable(line)}\n`).join(''));
      return 0;
    });
  },
});

function linesOf(result: UnrevokeResult): readonly string[] {
  const { outcome, key } = result;
  if (outcome === 'changed') throw new CommandError(`sallyport: another process has changed ${key}; run this again`);
  if (outcome === 'rotated') {
    throw new CommandError(
      `sallyport: nothing was taken back: the token was rotated to ${result.successor} and stays revoked; use that one`,
    );
  }
  if (outcome === 'account') {
    throw new CommandError(
      'sallyport: nothing was taken back: this mark may also end tokens from before a new password; issue new tokens',
    );
  }
  if (outcome === 'not revoked') return [`nothing to take back: there is no revocation at ${key}`];
  return [
    `taken back: ${key}`,
    `  said   ${entryText(key, result.value)}`,
    'Running instances follow. One whose feed is broken at this moment may refuse the tokens until it is restarted.',
    'Other revocations may end the same tokens: `sallyport explain` names them.',
  ];
}
