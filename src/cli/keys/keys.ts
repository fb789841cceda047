import { withUseCases } from '../../app/command-use-cases.ts';
import { operatorOf } from '../../audit/actor.ts';
import type { Config } from '../../config/config.ts';
import type { OwnIssuer } from '../../config/issuer-config.ts';
import { counted, timeOf } from '../../lib/time-format.ts';
import { list, quote, suggest } from '../../lib/wording.ts';
import { CommandError, requireConfig, UsageError } from '../command.ts';
import { defineAction, defineGroup } from '../command-definition.ts';
import { AUTHOR_OPTIONS, BY_OPTION, CONFIRM_OPTION, readAuthor } from '../operator.ts';
import { confirm } from '../terminal/confirm.ts';
import { readFormerSecret } from '../terminal/former-secret.ts';
import { show } from '../terminal/json.ts';

const listKeys = defineAction({
  summary: 'list the keys with their algorithm and state: waiting, signing or retired',
  takes: [],
  json: '[{kid, algorithm, state, since, until}]',
  options: {},
  async run({ config: file }, terminal) {
    const { config } = requireSigning(file, terminal.env);
    const lives = await withUseCases(config, terminal.err, ({ keys }) => keys.list());
    const keys = lives.map(({ key, state, sinceSeconds, untilSeconds }) => {
      const until = untilSeconds === undefined ? undefined : at(untilSeconds);
      return { kid: key.kid, algorithm: key.algorithm, state, since: at(sinceSeconds), until };
    });
    const lines = keys.map(({ kid, algorithm, state, since, until }) => {
      const end = until === undefined ? '' : `\tuntil ${until}`;
      return `${kid}\t${algorithm}\t${state}\tsince ${since}${end}\n`;
    });
    show(terminal, keys, lines.join(''));
    return 0;
  },
});

const rotateKey = defineAction({
  summary: 'make the next signing key',
  takes: [],
  details: `Makes a key for signing.algorithm and publishes it at once. It signs after signing.publishAhead, when every
reader of the key set has had time to read it. The key before it verifies until the last token that it signed
has expired.`,
  json: '{outcome, kid, algorithm, signsFrom}; outcome is made, or waits if no key was added',
  options: { by: BY_OPTION },
  async run({ config: file, values }, terminal) {
    const by = operatorOf(readAuthor(values));
    const { config, issuer } = requireSigning(file, terminal.env);
    const { outcome, key } = await withUseCases(config, terminal.err, ({ keys }) => keys.rotate(by));
    const from = at(key.signsFromSeconds);
    const view = { outcome, kid: key.kid, algorithm: key.algorithm, signsFrom: from };
    switch (outcome) {
      case 'made':
        show(terminal, view, `made ${key.kid} for ${key.algorithm}: it is published now and signs from ${from}\n`);
        return 0;
      case 'waits':
        show(terminal, view, `${key.kid} is already waiting and signs from ${from}: no key was added\n`);
        return 0;
      case 'waits for another algorithm':
        throw new CommandError(
          `sallyport: ${key.kid} is already waiting, for ${key.algorithm} and not ${issuer.signing.algorithm}: it signs ` +
            `from ${from}; rotate after that, or revoke it first`,
        );
    }
  },
});

const revokeKey = defineAction({
  summary: 'end every token that a key signed, in an emergency',
  takes: ['KID'],
  details: `If the key is the one that signs, another signs at once. Readers that cache the key set may refuse the
tokens of the new key until they read the set again. This cannot be undone.`,
  json: '{kid, successor}; successor is null if the key did not sign',
  options: { ...AUTHOR_OPTIONS, yes: CONFIRM_OPTION },
  async run({ config: file, positionals: [kid = ''], values }, terminal) {
    const { by, reason } = readAuthor(values);
    const { config, issuer } = requireSigning(file, terminal.env);
    return await withUseCases(config, terminal.err, async ({ keyRevocation, keys }) => {
      const found = await keyRevocation.find(kid);
      if (found.outcome === 'unknown') throw unknownKey(kid, found.kids, issuer);
      const more =
        found.key.state === 'signing' ? '; it is the key that signs now, and another takes over at once' : '';
      await confirm(`this ends every token that ${kid} signed${more}`, values.yes === true, terminal);
      const revoked = await keyRevocation.revoke(kid, operatorOf({ by }), reason);
      if (revoked.outcome === 'unknown') throw unknownKey(kid, revoked.kids, issuer);
      const { successor } = revoked;
      const next =
        successor === undefined
          ? ''
          : `${successor} signs from now on; readers that cache the key set may refuse its tokens for up to ` +
            `${keys.keySetMaxAgeSeconds} s\n`;
      const text = `revoked ${kid}: every token that it signed has ended\n${next}`;
      show(terminal, { kid, successor: successor ?? null }, text);
      return 0;
    });
  },
});

const resealKeys = defineAction({
  summary: 'seal the keys with signing.sealWith in place of another secret',
  takes: [],
  details: `The former secret comes from a variable, from a file, or by default from the file beside an embedded store.

Running instances keep the keys that they have opened. Restart them with the new secret before you
rotate.`,
  json: '{resealed}: the number of keys',
  options: {
    'from-env': { type: 'string', placeholder: 'NAME', help: 'the variable that holds the former secret' },
    'from-file': { type: 'string', placeholder: 'FILE', help: 'the file that holds it; - reads standard input' },
    base64url: { type: 'boolean', help: 'the former secret is base64url, not text' },
    by: BY_OPTION,
  },
  async run({ config: file, values }, terminal) {
    const by = operatorOf(readAuthor(values));
    const { config } = requireSigning(file, terminal.env);
    return await withUseCases(config, terminal.err, async (useCases) => {
      const former = await readFormerSecret(values, terminal);
      const resealed = await useCases.resealKeys(former, by);
      switch (resealed.outcome) {
        case 'no new secret':
          throw new CommandError(
            'sallyport: signing.sealWith is not set, so there is no new secret to seal the keys with',
          );
        case 'no former secret': {
          const { path } = resealed;
          if (path === undefined) throw new UsageError('--from-env or --from-file is missing');
          throw new CommandError(
            `sallyport: there is no ${path}: name the former secret with --from-env or --from-file`,
          );
        }
        case 'resealed': {
          const { count } = resealed;
          const done = `sealed ${counted(count, 'key')} with signing.sealWith`;
          const text = count === 0 ? 'every key is already sealed with signing.sealWith\n' : `${done}\n`;
          show(terminal, { resealed: count }, text);
          return 0;
        }
      }
    });
  },
});

/** Lists, rotates, revokes and reseals our own signing keys in the store, whether Sallyport runs on it or not. */
export const keys = defineGroup('keys', {
  summary: 'list, rotate, revoke or reseal our own signing keys',
  actions: { list: listKeys, rotate: rotateKey, revoke: revokeKey, reseal: resealKeys },
});

function requireSigning(file: string, env: NodeJS.ProcessEnv): { readonly config: Config; readonly issuer: OwnIssuer } {
  const config = requireConfig(file, env);
  const issuer = config.issuers.find((candidate) => candidate.kind === 'signing');
  if (issuer !== undefined) return { config, issuer };
  throw new CommandError('sallyport: no issuer has `signing`, so there are no signing keys of our own');
}

function unknownKey(kid: string, kids: readonly string[], { name }: OwnIssuer): CommandError {
  const known = list(kids, 'and') || 'none';
  return new CommandError(
    `sallyport: no signing key ${quote(kid)}${suggest(kid, kids)} (the store has ${known}); to revoke one that the store ` +
      `does not have, use sallyport token revoke --issuer ${name} --key KID`,
  );
}

function at(seconds: number): string {
  return timeOf(seconds * 1000);
}
