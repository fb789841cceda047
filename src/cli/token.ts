import { requireStore, withStore } from '../app/command-use-cases.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { checkIssuer, resolve } from '../revocation/revocation-resolver.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { Store } from '../store/store.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { requireConfig, UsageError } from './command.ts';
import { revokeByOperator } from './operator.ts';
import { confirm } from './terminal/confirm.ts';
import { farReachingWords, revokedLines } from './terminal/revocation-text.ts';
import { LIST_OPTIONS, listTokens } from './token-list.ts';
import type { RevokeRequest } from './token-revoke.ts';
import { REVOKE_OPTIONS, readAuthor, readRequest } from './token-revoke.ts';
import { unrevokeToken } from './token-unrevoke.ts';

const EXPECTED = 'expected revoke, unrevoke or list';

/** Revokes and lists in the store, whether Sallyport runs on it or not. */
export const token: Command = {
  summary: 'list tokens; revoke one, or those of a subject, a key or an issuer; take a revocation back',
  usage: `usage: sallyport token revoke --token-file FILE
       sallyport token revoke --issuer NAME --jti ID [--expires TIME]
       sallyport token revoke --thumbprint HEX [--expires TIME]
       sallyport token revoke --issuer NAME --subject SUBJECT [--before TIME]
       sallyport token revoke --issuer NAME --key KID
       sallyport token revoke --issuer NAME --all [--before TIME]
each with [--reason TEXT] [--by NAME] [--yes] [--config FILE]
       sallyport token unrevoke, with the same options but for --expires and --before
       sallyport token list [--account NAME] [--risky] [--json] [--config FILE]

--token-file  a token in a file, or on standard input where FILE is -
--jti         a token by its id
--thumbprint  a token by the SHA-256 of its header.payload, 64 hexadecimal digits
--subject     the tokens of one subject; of our own issuer an account by its id, name or e-mail address
--key         every token that the key of this kid signed
--all         every token of the issuer
--before      ends what was issued up to then: 2027-06-30, or 2027-06-30T12:00:00Z; by default now. A later time replaces
              it, an earlier one never does
--expires     when the token ends, so that its entry need not stay for ever
--by          who does it; by default operator: and the user of the system
--yes         do not ask before --key, --all, and a --before that is yet to come: nobody can take them back

unrevoke takes back one revocation that was a mistake: what it ended passes again, at running instances too, unless another
revocation ends it. A token that was rotated stays ended. Deleting the entry from the store does not take it back: instances
that know it write it again. It asks before --subject, --key and --all

list shows the tokens that were issued to every account, or to one, the newest first
--risky       those alone that an operator should look at: good ones with all:any, those that were given more than 90 days,
              and those that were neither used nor made in the last 30 days
--json        for programs
`,
  options: { ...REVOKE_OPTIONS, ...LIST_OPTIONS },
  async run(args, terminal) {
    const [action, ...rest] = args.positionals;
    if (rest.length > 0) throw new UsageError(EXPECTED);
    if (action === 'list') return listTokens(args, terminal);
    if (action === 'revoke') return revoke(args, terminal);
    if (action === 'unrevoke') return unrevokeToken(args, terminal);
    throw new UsageError(EXPECTED);
  },
};

async function revoke(args: Arguments, terminal: Terminal): Promise<number> {
  const request = readRequest(args);
  const author = readAuthor(args);
  const config = requireConfig(args.config, terminal.env);
  if ('issuer' in request) checkIssuer(request, config);
  requireStore(config.store);
  await confirmFarReaching(request, args, terminal);
  return withStore(config.store, async (store) => {
    const { targets, warnings } = await resolve(request, { config, store, terminal, nowSeconds: nowSeconds() });
    for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`);
    for (const target of targets) {
      const entry = await revokeByOperator(target, author, { config, store, terminal });
      for (const line of await linesOf(target, entry, config, store)) terminal.out(`${printable(line)}\n`);
    }
    return 0;
  });
}

async function confirmFarReaching(request: RevokeRequest, { values }: Arguments, terminal: Terminal): Promise<void> {
  const words = farReachingWords(request, nowSeconds());
  if (words !== undefined) await confirm(printable(words), values['yes'] === true, terminal);
}

/** Where an entry stood before, what it says is what counts. */
async function linesOf(target: RevocationTarget, entry: RevocationEntry, config: Config, { revocations }: Store) {
  const [standing = entry.value] = await revocations.read([entry.key]);
  return revokedLines(target, entry, standing, config.revocation);
}

function nowSeconds(): number {
  return Math.floor(systemClock.wallMs() / 1000);
}
