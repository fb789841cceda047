import { requireStore, withStore } from '../app/command-use-cases.ts';
import { entryText } from '../explanation/entry-text.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { checkIssuer, resolve } from '../revocation/revocation-resolver.ts';
import type { UnrevokeOutcome } from '../revocation/unrevoke.ts';
import type { Arguments, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { unrevokeByOperator } from './operator.ts';
import { confirm } from './terminal/confirm.ts';
import { takenBackWords } from './terminal/revocation-text.ts';
import { readAuthor, readRequest } from './token-revoke.ts';

/** Takes one revocation back. Exits with 0 also where there is none. */
export async function unrevokeToken(args: Arguments, terminal: Terminal): Promise<number> {
  const stray = ['before', 'expires'].find((name) => args.values[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with unrevoke`);
  const request = readRequest(args);
  const author = readAuthor(args);
  const config = requireConfig(args.config, terminal.env);
  if ('issuer' in request) checkIssuer(request, config);
  requireStore(config.store);
  const words = takenBackWords(request);
  if (words !== undefined) await confirm(printable(words), args.values['yes'] === true, terminal);
  const nowSeconds = Math.floor(systemClock.wallMs() / 1000);
  return withStore(config.store, async (store) => {
    const { targets, warnings } = await resolve(request, { config, store, terminal, nowSeconds });
    for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`);
    for (const target of targets) {
      const result = await unrevokeByOperator(target, author, { config, store, terminal });
      for (const line of linesOf(result)) terminal.out(`${printable(line)}\n`);
    }
    return 0;
  });
}

function linesOf(result: UnrevokeOutcome): readonly string[] {
  const { outcome, key } = result;
  if (outcome === 'changed') throw new CommandError(`sallyport: ${key} has changed meanwhile; run this again`);
  if (outcome === 'rotated') {
    throw new CommandError(
      `sallyport: nothing was taken back: the token was rotated to ${result.successor} and stays ended; use that one`,
    );
  }
  if (outcome === 'account') {
    throw new CommandError(
      'sallyport: nothing was taken back: this mark may also end tokens from before a new password; issue new tokens',
    );
  }
  if (outcome === 'not revoked') return [`nothing to take back: no revocation stands at ${key}`];
  return [
    `taken back: ${key}`,
    `  said   ${entryText(key, result.standing)}`,
    'Running instances learn it from the store; one that has no feed at this moment may go on refusing until it is',
    'restarted. Other revocations may end the same tokens: `sallyport explain` names them.',
  ];
}
