import { openAudit } from '../app/command-audit.ts';
import { requireStore, revocationsIn, withStore } from '../app/command-use-cases.ts';
import { operatorOf } from '../audit/actor.ts';
import type { Config, OwnIssuer } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { counted, timeOf } from '../lib/time-format.ts';
import { list as listed, quote, suggest } from '../lib/wording.ts';
import { keySetMaxAgeSeconds } from '../signing/key-life.ts';
import type { LivingKey } from '../signing/key-ring.ts';
import { KeyRing, livesUnder } from '../signing/key-ring.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import { Sealer } from '../signing/sealer.ts';
import type { Store } from '../store/store.ts';
import type { Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';
import { defineAction, defineGroup } from './command-definition.ts';
import type { Author } from './operator.ts';
import { AUTHOR_OPTIONS, BY_OPTION, CONFIRM_OPTION, readAuthor, revokeByOperator } from './operator.ts';
import { confirm } from './terminal/confirm.ts';
import type { FormerSecretOptions } from './terminal/former-secret.ts';
import { readFormerSecret } from './terminal/former-secret.ts';

const listKeys = defineAction({
  summary: 'list the keys with their algorithm and state: waiting, signing or retired',
  takes: [],
  options: { json: { type: 'boolean', help: 'print JSON, for programs' } },
  run: ({ config, values }, terminal) => withKeys(config, terminal, (work) => list(work, values.json === true)),
});

const rotateKey = defineAction({
  summary: 'make the next signing key',
  takes: [],
  details: `Makes a key for signing.algorithm and publishes it at once. It signs after signing.publishAhead, when every
reader of the key set can have read it. The key before it verifies until the last token that it signed
has expired.`,
  options: { by: BY_OPTION },
  run: ({ config, values }, terminal) => withKeys(config, terminal, (work) => rotate(work, readAuthor(values))),
});

const revokeKey = defineAction({
  summary: 'end every token that a key signed, in an emergency',
  takes: ['KID'],
  details: `If the key is the one that signs, another signs at once. Readers that cache the key set may refuse the
tokens of the new key until they read the set again. This cannot be undone.`,
  options: { ...AUTHOR_OPTIONS, yes: CONFIRM_OPTION },
  run({ config, positionals: [kid = ''], values }, terminal) {
    const author = readAuthor(values);
    return withKeys(config, terminal, (work) => revoke(work, kid, author, values.yes === true));
  },
});

const resealKeys = defineAction({
  summary: 'seal the keys with signing.sealWith in place of another secret',
  takes: [],
  details: `The former secret comes from a variable, from a file, or by default from the file beside an embedded store.

Running instances keep the keys that they have opened. Restart them with the new secret before you
rotate.`,
  options: {
    'from-env': { type: 'string', placeholder: 'NAME', help: 'the variable that holds the former secret' },
    'from-file': { type: 'string', placeholder: 'FILE', help: 'the file that holds it; - reads standard input' },
    base64url: { type: 'boolean', help: 'the former secret is base64url, not text' },
  },
  run: ({ config, values }, terminal) => withKeys(config, terminal, (work) => reseal(work, values)),
});

/** Lists, rotates, revokes and reseals our own signing keys in the store, whether Sallyport runs on it or not. */
export const keys = defineGroup('keys', {
  summary: 'list, rotate, revoke or reseal our own signing keys',
  actions: { list: listKeys, rotate: rotateKey, revoke: revokeKey, reseal: resealKeys },
});

interface Work {
  readonly config: Config;
  readonly issuer: OwnIssuer;
  readonly store: Store;
  readonly terminal: Terminal;
}

async function withKeys(file: string, terminal: Terminal, use: (work: Work) => Promise<number>): Promise<number> {
  const config = requireConfig(file, terminal.env);
  const issuer = config.issuers.find((candidate) => candidate.kind === 'signing');
  if (issuer === undefined)
    throw new CommandError('sallyport: no issuer has `signing`, so there are no signing keys of our own');
  requireStore(config.store);
  return withStore(config.store, (store) => use({ config, issuer, store, terminal }));
}

async function list(work: Work, json: boolean): Promise<number> {
  const { terminal } = work;
  const shown = (await livesIn(work)).map(({ key, state, sinceSeconds, untilSeconds }) => {
    const until = untilSeconds === undefined ? undefined : at(untilSeconds);
    return { kid: key.kid, algorithm: key.algorithm, state, since: at(sinceSeconds), until };
  });
  if (json) {
    terminal.out(`${JSON.stringify(shown, null, 2)}\n`);
    return 0;
  }
  for (const { kid, algorithm, state, since, until } of shown) {
    const end = until === undefined ? '' : `\tuntil ${until}`;
    terminal.out(`${kid}\t${algorithm}\t${state}\tsince ${since}${end}\n`);
  }
  return 0;
}

async function rotate(work: Work, author: Author): Promise<number> {
  const { issuer, config, terminal } = work;
  const { outcome, key } = await (await ringOf(work)).rotate();
  const from = at(key.signsFromSeconds);
  if (outcome === 'waits' && key.algorithm !== issuer.signing.algorithm) {
    throw new CommandError(
      `sallyport: ${key.kid} is already waiting, for ${key.algorithm} and not ${issuer.signing.algorithm}: it signs from ` +
        `${from}; rotate after that, or revoke it first`,
    );
  }
  if (outcome === 'waits') {
    terminal.out(`${key.kid} is already waiting and signs from ${from}: no key was added\n`);
    return 0;
  }
  const records = openAudit(config, terminal);
  records.audit.signingKeyMade(operatorOf(author), { issuer: issuer.name, kid: key.kid, signsFrom: from });
  records.close();
  terminal.out(`made ${key.kid} for ${key.algorithm}: it is published now and signs from ${from}\n`);
  return 0;
}

async function revoke(work: Work, kid: string, author: Author, isConfirmed: boolean): Promise<number> {
  const { issuer, config, store, terminal } = work;
  const standing = await livesIn(work);
  const revoked = standing.find(({ key }) => key.kid === kid);
  if (revoked === undefined) throw new CommandError(unknownKeyText(kid, standing, issuer));
  const signs = revoked.state === 'signing';
  const more = signs ? '; it is the key that signs now, and another takes over at once' : '';
  await confirm(`this ends every token that ${kid} signed${more}`, isConfirmed, terminal);
  const ring = await ringOf(work);
  await revokeByOperator({ kind: 'signing key', issuer: issuer.name, kid }, author, { config, store, terminal });
  await ring.reconcile();
  terminal.out(`revoked ${kid}: every token that it signed has ended\n`);
  const next = (await livesIn(work)).find(({ state }) => state === 'signing')?.key;
  if (signs && next !== undefined) {
    const seconds = keySetMaxAgeSeconds(issuer.signing);
    terminal.out(
      `${next.kid} signs from now on; readers that cache the key set may refuse its tokens for up to ${seconds} s\n`,
    );
  }
  return 0;
}

async function reseal(work: Work, values: FormerSecretOptions): Promise<number> {
  const { issuer, config, terminal } = work;
  if (issuer.signing.sealWith === undefined) {
    throw new CommandError('sallyport: signing.sealWith is not set, so there is no new secret to seal the keys with');
  }
  const former = new Sealer(await readFormerSecret(values, terminal, config.store));
  const count = await (await ringOf(work)).reseal(former);
  const done = `sealed ${counted(count, 'key')} with signing.sealWith`;
  terminal.out(count === 0 ? 'every key is already sealed with signing.sealWith\n' : `${done}\n`);
  return 0;
}

function unknownKeyText(kid: string, standing: readonly LivingKey[], { name }: OwnIssuer): string {
  const kids = standing.map(({ key }) => key.kid);
  const known = listed(kids, 'and') || 'none';
  return (
    `sallyport: no signing key ${quote(kid)}${suggest(kid, kids)} (the store has ${known}); to revoke one that the store ` +
    `does not have, use sallyport token revoke --issuer ${name} --key KID`
  );
}

async function livesIn({ issuer, config, store }: Work): Promise<readonly LivingKey[]> {
  const { clockSkewMs } = config;
  const { keys: standing } = await store.signingKeys.read(issuer.name);
  return livesUnder({ issuer, clock: systemClock, clockSkewMs }, standing);
}

async function ringOf({ issuer, config, store }: Work): Promise<KeyRing> {
  const { signingKeys } = store;
  const revocations = revocationsIn(store);
  const { clockSkewMs } = config;
  const sealer = await openOwnSealer(issuer, config.store, signingKeys);
  return new KeyRing({ issuer, store: signingKeys, revocations, sealer, clock: systemClock, clockSkewMs });
}

function at(seconds: number): string {
  return timeOf(seconds * 1000);
}
