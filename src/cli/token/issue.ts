import { open } from 'node:fs/promises';
import type { OperatorRequest } from '../../app/command-issue.ts';
import { withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import { parseDuration } from '../../config/reading/times.ts';
import { hasCode, wordFileError } from '../../lib/errors.ts';
import { secondOf } from '../../lib/time-format.ts';
import { printable, quote } from '../../lib/wording.ts';
import type { IssueOutcome } from '../../tokens/issue-token.ts';
import { CommandError, requireConfig, UsageError } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { BY_OPTION, readAuthor } from '../operator.ts';
import { show } from '../terminal/json.ts';

/** Issues an access token or an API key for an account. It is printed once, or goes into a file. */
export const issueToken = defineAction({
  summary: 'issue an access token or an API key for an account',
  takes: ['NAME'],
  details: `NAME is the name or the e-mail address of the account. The scopes must be among its own. The token goes to
standard output, and nothing else does; with --out it goes into a new file that only its owner can read. The store
keeps no copy. Every instance accepts the token at once.

With --form key it is an opaque API key, which is listed like a private token: it needs --name and --ttl.`,
  json: '{id, subject, scopes, created, expires, token}; token is absent with --out',
  options: {
    scopes: { type: 'string', placeholder: 'SCOPE[,SCOPE ...]', help: 'what the token may do', required: true },
    ttl: {
      type: 'string',
      placeholder: 'DURATION',
      help: 'how long it is valid, such as 30m or 90d; by default ttl.default of the issuer',
    },
    form: { type: 'string', placeholder: 'FORM', help: 'jwt, the default, or key' },
    name: { type: 'string', placeholder: 'TEXT', help: 'what the API key is for' },
    out: { type: 'string', placeholder: 'FILE', help: 'write the token to this new file' },
    by: BY_OPTION,
  },
  async run({ positionals: [name = ''], values, config: file }, terminal) {
    const by = operatorOf(readAuthor(values));
    const request = requestOf(values);
    const config = requireConfig(file, terminal.env);
    const output = values.out === undefined ? undefined : await create(values.out);
    let isWritten = false;
    try {
      const { account, outcome } = await withUseCases(config, terminal.err, (useCases) =>
        useCases.issueToken(by, name, request),
      );
      if (account === undefined) throw new CommandError(`sallyport: no account '${printable(name)}'`);
      const { accessToken, ...token } = required(outcome, account.name);
      const view = {
        id: token.id,
        subject: account.id,
        scopes: token.scopes,
        created: secondOf(token.createdAtSeconds),
        expires: secondOf(token.expiresAtSeconds),
      };
      terminal.err(`issued ${view.id} for ${printable(account.name)}, valid until ${view.expires}\n`);
      if (output === undefined) show(terminal, { ...view, token: accessToken }, `${accessToken}\n`);
      else {
        await output.file.writeFile(`${accessToken}\n`);
        await output.file.sync();
        isWritten = true;
        show(terminal, view, '');
      }
      return 0;
    } finally {
      await output?.file.close();
      if (output !== undefined && !isWritten) await output.remove();
    }
  },
});

/** Creates the file before the token is issued, so that no token is lost because of it. */
async function create(path: string) {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const why = hasCode(cause, 'ENOENT') ? 'no such folder' : wordFileError(cause);
    throw new CommandError(`sallyport: cannot create the file ${quote(path)}: ${why}`, { cause });
  });
  const { rm } = await import('node:fs/promises');
  return { file, remove: () => rm(path, { force: true }) };
}

function required(outcome: IssueOutcome | undefined, name: string) {
  switch (outcome?.outcome) {
    case 'issued':
      return outcome;
    case 'refused': {
      const errors = outcome.errors.map(({ field, message }) => `${field}: ${message}`);
      throw new CommandError(`sallyport: no token was issued: ${printable(errors.join('; '))}`);
    }
    case 'clock_behind':
      throw new CommandError(
        `sallyport: no token was issued: the clock of this machine is behind the mark of ${printable(name)}; ` +
          `try again in ${outcome.retryAfterSeconds} s`,
      );
    case 'no_authority':
    case undefined:
      throw new CommandError(
        `sallyport: no token was issued: the account ${printable(name)} is disabled or has changed`,
      );
  }
}

function requestOf(values: {
  readonly form?: string;
  readonly name?: string;
  readonly scopes?: string;
  readonly ttl?: string;
}): OperatorRequest {
  const { form = 'jwt', name } = values;
  const [scopes, ttlSeconds] = [scopesOf(values.scopes), secondsOf(values.ttl)];
  if (form === 'jwt') {
    if (name !== undefined) throw new UsageError('--name is for --form key: an access token has no name');
    return { form, scopes, ttlSeconds };
  }
  if (form !== 'key') throw new UsageError(`--form takes jwt or key, found ${quote(form)}`);
  const named = tokenName(name ?? '');
  if (named === undefined) throw new UsageError('--form key needs --name, with 1 to 128 characters and no line break');
  if (ttlSeconds === undefined) throw new UsageError('--form key needs --ttl, such as 90d');
  return { form, name: named, scopes, ttlSeconds };
}

/** The same rule as for the API. */
function tokenName(text: string): string | undefined {
  const name = text.trim();
  return /^[^\p{Cc}]{1,128}$/u.test(name) ? name : undefined;
}

function scopesOf(list = ''): readonly string[] {
  return list.split(',').map((scope) => scope.trim());
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1000 || ms % 1000 !== 0) {
    throw new UsageError(`--ttl takes a duration in whole seconds such as 30m or 24h, found ${quote(text)}`);
  }
  return ms / 1000;
}
