import type { CommandUseCases } from '../../app/command-use-cases.ts';
import { requireStore, withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import { timeOf } from '../../lib/time-format.ts';
import { printable } from '../../lib/wording.ts';
import type { RequestProblem } from '../../revocation/revocation-request.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { readAuthor } from '../operator.ts';
import { confirm } from '../terminal/confirm.ts';
import { show } from '../terminal/json.ts';
import { farReachingText, problemText, revokedLines, warningLines } from '../terminal/revocation-text.ts';
import { checkRequest, openRequest, REVOKE_OPTIONS, readRequest } from './revocation-options.ts';

/** Writes to the store, whether Sallyport runs on it or not. */
export const revokeTokens = defineAction({
  summary: 'end a token, or those of a subject, a signing key or an issuer',
  forms: [
    '--token-file FILE',
    '--issuer NAME --jti ID [--expires TIME]',
    '--thumbprint HEX [--expires TIME]',
    '--issuer NAME --subject SUBJECT [--before TIME]',
    '--issuer NAME --key KID',
    '--issuer NAME --all [--before TIME]',
  ].map((form) => `${form} [--reason TEXT] [--by NAME] [--yes]`),
  details: `Writes to the store, whether Sallyport runs on it or not. Every instance refuses the tokens within
revocation.maxStaleness.

TIME is a date or a date and time in UTC: 2027-06-30, or 2027-06-30T12:00:00Z.`,
  json: '{revoked: [{key, value, expires}]}; expires is null for an entry that stays forever',
  options: REVOKE_OPTIONS,
  async run(args, terminal) {
    const requested = readRequest(args);
    const author = readAuthor(args.values);
    const config = requireConfig(args.config, terminal.env);
    const question = farReachingText(checkRequest(requested, config));
    requireStore(config.store);
    if (question !== undefined) await confirm(printable(question), args.values.yes === true, terminal);
    const request = await openRequest(requested, terminal);
    return withUseCases(config, terminal.err, async (useCases) => {
      const result = await useCases.adminRevocation.revoke(request, operatorOf(author), author.reason);
      if (result.outcome === 'too many') throw new Error('operators have no bound');
      if (result.outcome === 'refused') throw await refusal(result.problem, useCases);
      for (const line of warningLines(result.warnings)) terminal.err(`warning: ${printable(line)}\n`);
      const lines: string[] = [];
      const revoked = [];
      for (const { target, entry } of result.revoked) {
        // An entry that existed before keeps its value.
        const value = (await useCases.revocationValue(entry.key)) ?? entry.value;
        lines.push(...revokedLines(target, entry, value, config.revocation));
        revoked.push({ key: entry.key, value, expires: expiryOf(entry) });
      }
      show(terminal, { revoked }, lines.map((line) => `${printable(line)}\n`).join(''));
      return 0;
    });
  },
});

function expiryOf({ expiresAtSeconds }: RevocationEntry): string | null {
  return expiresAtSeconds === undefined ? null : timeOf(expiresAtSeconds * 1000);
}

/** Why nothing was done. */
export async function refusal(problem: RequestProblem, useCases: CommandUseCases): Promise<CommandError> {
  const accounts = problem.problem === 'unknown account' ? await useCases.accountStore.list() : [];
  return new CommandError(
    `sallyport: ${problemText(
      problem,
      accounts.map(({ name }) => name),
    )}`,
  );
}
