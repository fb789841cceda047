import { openAudit } from '../app/command-audit.ts';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import { operatorOf } from '../audit/actor.ts';
import type { Config, OwnIssuer } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { counted, timeOf } from '../lib/time-format.ts';
import { list, quote, suggest } from '../lib/wording.ts';
import { keySetMaxAgeSeconds } from '../signing/key-life.ts';
import type { LivingKey } from '../signing/key-ring.ts';
import { KeyRing, livesUnder } from '../signing/key-ring.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import { Sealer } from '../signing/sealer.ts';
import type { Store } from '../store/store.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { CommandError, requireConfig, UsageError } from './command.ts';
import { revokeByOperator } from './operator.ts';
import { confirm } from './terminal/confirm.ts';
import { readFormerSecret } from './terminal/former-secret.ts';
import { readAuthor } from './token-revoke.ts';

/** Lists, rotates and revokes our own signing keys in the store, whether Sallyport runs on it or not. */
export const keys: Command = {
  summary: 'list, rotate, revoke or reseal our own signing keys',
  usage: `usage: sallyport keys list [--json] [--config FILE]
       sallyport keys rotate [--by NAME] [--config FILE]
       sallyport keys revoke KID [--reason TEXT] [--by NAME] [--yes] [--config FILE]
       sallyport keys reseal [--from-env NAME | --from-file FILE] [--base64url] [--config FILE]

list    each key with its algorithm, and where it is in its life: it waits, signs, or is retired and still verifies
rotate  makes a key for signing.algorithm. It is published at once and signs after signing.publishAhead, when everybody
        can have read it; the one before it verifies until the last token that it signed has ended
revoke  for the emergency: ends every token that the key signed. Where it is the one that signs, another signs at once,
        and readers that keep the key set may refuse its tokens until they read it again
reseal  seals with signing.sealWith what another secret sealed before: the one in a variable, in a file, or in the file
        beside an embedded store. What runs goes on; start it again with the new secret before you rotate
--by    who does it; by default operator: and the user of the system
--yes   do not ask before revoke: nobody can take it back
`,
  options: {
    json: { type: 'boolean' },
    reason: { type: 'string' },
    by: { type: 'string' },
    yes: { type: 'boolean' },
    'from-env': { type: 'string' },
    'from-file': { type: 'string' },
    base64url: { type: 'boolean' },
  },
  async run(args, terminal) {
    const action = actionOf(args);
    const config = requireConfig(args.config, terminal.env);
    const issuer = config.issuers.find((candidate) => candidate.kind === 'signing');
    if (issuer === undefined)
      throw new CommandError('sallyport: no issuer with `signing`: there are no keys of our own');
    requireStore(config.store);
    return withStore(config.store, (store) => action({ config, issuer, store, terminal, args }));
  },
};

interface Work {
  readonly config: Config;
  readonly issuer: OwnIssuer;
  readonly store: Store;
  readonly terminal: Terminal;
  readonly args: Arguments;
}

type Action = (work: Work) => Promise<number>;

function actionOf({ positionals: [name, kid, ...rest], values }: Arguments): Action {
  const takes = ACTIONS[name ?? ''];
  if (takes === undefined) throw new UsageError('expected list, rotate, revoke or reseal');
  if ((name === 'revoke') !== (kid !== undefined) || rest.length > 0) {
    throw new UsageError(name === 'revoke' ? 'expected one kid' : `expected nothing after ${name}`);
  }
  const stray = Object.keys(values).find((option) => !['config', 'help', ...takes.options].includes(option));
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with ${name}`);
  return takes.action;
}

const ACTIONS: Readonly<Record<string, { readonly action: Action; readonly options: readonly string[] }>> = {
  list: { action: listKeys, options: ['json'] },
  rotate: { action: rotateKey, options: ['by'] },
  revoke: { action: revokeKey, options: ['reason', 'by', 'yes'] },
  reseal: { action: resealKeys, options: ['from-env', 'from-file', 'base64url'] },
};

async function listKeys(work: Work): Promise<number> {
  const { args, terminal } = work;
  const listed = (await livesIn(work)).map(({ key, state, sinceSeconds, untilSeconds }) => {
    const until = untilSeconds === undefined ? undefined : at(untilSeconds);
    return { kid: key.kid, algorithm: key.algorithm, state, since: at(sinceSeconds), until };
  });
  if (args.values['json'] === true) {
    terminal.out(`${JSON.stringify(listed, null, 2)}\n`);
    return 0;
  }
  for (const { kid, algorithm, state, since, until } of listed) {
    const end = until === undefined ? '' : `\tuntil ${until}`;
    terminal.out(`${kid}\t${algorithm}\t${state}\tsince ${since}${end}\n`);
  }
  return 0;
}

async function rotateKey(work: Work): Promise<number> {
  const { issuer, config, terminal, args } = work;
  const { outcome, key } = await (await ringOf(work)).rotate();
  const from = at(key.signsFromSeconds);
  if (outcome === 'waits' && key.algorithm !== issuer.signing.algorithm) {
    throw new CommandError(
      `sallyport: ${key.kid} waits already, for ${key.algorithm} and not ${issuer.signing.algorithm}: it signs from ` +
        `${from}; rotate after that, or revoke it first`,
    );
  }
  if (outcome === 'waits') {
    terminal.out(`${key.kid} waits already and signs from ${from}: nothing was added\n`);
    return 0;
  }
  const records = openAudit(config, terminal);
  records.audit.signingKeyMade(operatorOf(readAuthor(args)), { issuer: issuer.name, kid: key.kid, signsFrom: from });
  records.close();
  terminal.out(`made ${key.kid} for ${key.algorithm}: it is published from now on and signs from ${from}\n`);
  return 0;
}

async function revokeKey(work: Work): Promise<number> {
  const { issuer, config, store, terminal, args } = work;
  const kid = args.positionals[1] ?? '';
  const standing = await livesIn(work);
  const revoked = standing.find(({ key }) => key.kid === kid);
  if (revoked === undefined) throw new CommandError(unknownWords(kid, standing, issuer));
  const signs = revoked.state === 'signing';
  const more = signs ? '; it is the one that signs, and another takes over at once' : '';
  await confirm(`this ends every token that ${kid} signed${more}`, args.values['yes'] === true, terminal);
  const ring = await ringOf(work);
  await revokeByOperator({ kind: 'signing key', issuer: issuer.name, kid }, readAuthor(args), {
    config,
    store,
    terminal,
  });
  await ring.reconcile();
  terminal.out(`revoked ${kid}: the store has it, and every token that it signed has ended\n`);
  const next = (await livesIn(work)).find(({ state }) => state === 'signing')?.key;
  if (signs && next !== undefined) {
    const seconds = keySetMaxAgeSeconds(issuer.signing);
    terminal.out(
      `${next.kid} signs from now on; whoever keeps the key set may refuse its tokens for as long as ${seconds} s\n`,
    );
  }
  return 0;
}

async function resealKeys(work: Work): Promise<number> {
  const { issuer, config, terminal, args } = work;
  if (issuer.signing.sealWith === undefined) {
    throw new CommandError('sallyport: signing.sealWith is not set: there is nothing to seal the keys with anew');
  }
  const former = new Sealer(await readFormerSecret(args, terminal, config.store));
  const count = await (await ringOf(work)).reseal(former);
  const done = `sealed ${counted(count, 'key')} with signing.sealWith`;
  terminal.out(count === 0 ? 'every key is sealed with signing.sealWith already\n' : `${done}\n`);
  return 0;
}

function unknownWords(kid: string, standing: readonly LivingKey[], { name }: OwnIssuer): string {
  const kids = standing.map(({ key }) => key.kid);
  const known = list(kids, 'and') || 'none';
  return (
    `sallyport: no signing key ${quote(kid)}${suggest(kid, kids)} (${known}); one that the store does not know is ` +
    `revoked by sallyport token revoke --issuer ${name} --key KID`
  );
}

async function livesIn({ issuer, config, store }: Work): Promise<readonly LivingKey[]> {
  const { clockSkewMs } = config;
  const { keys: standing } = await store.signingKeys.read(issuer.name);
  return livesUnder({ issuer, clock: systemClock, clockSkewMs }, standing);
}

async function ringOf({ issuer, config, store }: Work): Promise<KeyRing> {
  const { signingKeys, revocations } = store;
  const { clockSkewMs } = config;
  const sealer = await openOwnSealer(issuer, config.store, signingKeys);
  return new KeyRing({ issuer, store: signingKeys, revocations, sealer, clock: systemClock, clockSkewMs });
}

function at(seconds: number): string {
  return timeOf(seconds * 1000);
}
