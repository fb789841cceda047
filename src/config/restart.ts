import { isDeepStrictEqual } from 'node:util';
import type { Config, Listener, OwnIssuer } from './config.ts';

/**
 * The keys, as the file spells them, in which `next` differs from the configuration that a process started with and
 * that only a restart takes up: where it listens, where it stores, and how its own tokens are signed.
 */
export function restartKeys(started: Config, next: Config): readonly string[] {
  const keys: readonly (readonly [string, (config: Config) => unknown])[] = [
    ['listen.extAuthz', ({ listen }) => placeOf(listen.extAuthz)],
    ['listen.tokens', ({ listen }) => placeOf(listen.tokens)],
    ['store', ({ store }) => store],
    ['issuers (signing)', ({ issuers }) => signingOf(issuers.find((issuer) => issuer.kind === 'signing'))],
  ];
  return keys.filter(([, of]) => !isDeepStrictEqual(of(started), of(next))).map(([key]) => key);
}

/** Certificates are taken up while it runs; whether there are any, and whether clients need one, is not. */
function placeOf(listener: Listener | undefined): unknown {
  return listener && [listener.address, listener.tls !== undefined, listener.tls?.clientCa !== undefined];
}

function signingOf(issuer: OwnIssuer | undefined): unknown {
  if (issuer === undefined) return undefined;
  const { name, issuer: claim, audience, signing } = issuer;
  const sealWith = signing.sealWith && Buffer.from(signing.sealWith.reveal()).toString('base64');
  return [name, claim, audience, signing.algorithm, sealWith];
}
