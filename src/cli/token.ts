import { requireStore, revocationsIn, withStore } from '../app/command-use-cases.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { checkIssuer, resolve } from '../revocation/revocation-resolver.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { Store } from '../store/store.ts';
import { requireConfig } from './command.ts';
import { defineAction, defineGroup } from './command-definition.ts';
import { readAuthor, revokeByOperator } from './operator.ts';
import { confirm } from './terminal/confirm.ts';
import { farReachingWords, revokedLines } from './terminal/revocation-text.ts';
import { listTokens } from './token-list.ts';
import { REVOKE_OPTIONS, readRequest } from './token-revoke.ts';
import { unrevokeToken } from './token-unrevoke.ts';

const revokeTokens = defineAction({
  summary: 'end a token, or those of a subject, a signing key or an issuer',
  takes: [],
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
  options: REVOKE_OPTIONS,
  async run(args, terminal) {
    const request = readRequest(args);
    const author = readAuthor(args.values);
    const config = requireConfig(args.config, terminal.env);
    if ('issuer' in request) checkIssuer(request, config);
    requireStore(config.store);
    const question = farReachingWords(request, nowSeconds());
    if (question !== undefined) await confirm(printable(question), args.values.yes === true, terminal);
    return withStore(config.store, async (store) => {
      const { targets, warnings } = await resolve(request, { config, store, terminal, nowSeconds: nowSeconds() });
      for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`);
      for (const target of targets) {
        const entry = await revokeByOperator(target, author, { config, store, terminal });
        for (const line of await linesOf(target, entry, config, store)) terminal.out(`${printable(line)}\n`);
      }
      return 0;
    });
  },
});

/** Lists and revokes in the store, whether Sallyport runs on it or not. */
export const token = defineGroup('token', {
  summary: 'list tokens; revoke one, or those of a subject, a key or an issuer; take a revocation back',
  actions: { list: listTokens, revoke: revokeTokens, unrevoke: unrevokeToken },
});

/** Where an entry existed before, its value is what counts. */
async function linesOf(target: RevocationTarget, entry: RevocationEntry, config: Config, store: Store) {
  const [existing = entry.value] = await revocationsIn(store).read([entry.key]);
  return revokedLines(target, entry, existing, config.revocation);
}

function nowSeconds(): number {
  return Math.floor(systemClock.wallMs() / 1000);
}
