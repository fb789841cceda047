import { isDeepStrictEqual } from 'node:util';
import type { Config, Listener, OwnIssuer, RedisAccess, StoreConfig } from './config.ts';
import type { Secret } from './secret.ts';

/**
 * The keys, as the file spells them, in which `next` differs from the configuration that a process started with and
 * that only a restart takes up: where it listens and where it stores.
 */
export function restartKeys(started: Config, next: Config): readonly string[] {
  const keys: readonly (readonly [string, (config: Config) => unknown])[] = [
    ['listen.extAuthz', ({ listen }) => placeOf(listen.extAuthz)],
    ['listen.tokens', ({ listen }) => placeOf(listen.tokens)],
    ['listen.admin', ({ listen }) => placeOf(listen.admin)],
    ['store', ({ store }) => keptOf(store)],
    // Redis's connections were made for it.
    ['timeouts.store', ({ store, timeouts }) => (store.kind === 'redis' ? timeouts.storeMs : undefined)],
  ];
  return keys.filter(([, of]) => !isDeepStrictEqual(of(started), of(next))).map(([key]) => key);
}

/** Certificates are taken up while it runs; whether there are any, and whether clients need one, is not. */
function placeOf(listener: Listener | undefined): unknown {
  return listener && [listener.address, listener.tls !== undefined, listener.tls?.clientCa !== undefined];
}

/** With what is secret in it laid open, because secrets look alike. */
function keptOf(store: StoreConfig): unknown {
  return store.kind === 'redis' ? [store, ...secretsOf(store), ...secretsOf(store.sentinel)] : store;
}

function secretsOf(access: RedisAccess | undefined): readonly unknown[] {
  return [textOf(access?.password), textOf(access?.tls?.key)];
}

/** Whether our own tokens are the same issuer's, and their keys sealed in the same way; nothing else could be taken up by halves. */
export function isSameSigning(started: Config, next: Config): boolean {
  return isDeepStrictEqual(signingOf(started), signingOf(next));
}

function signingOf({ issuers }: Config): unknown {
  const own = issuers.find((issuer): issuer is OwnIssuer => issuer.kind === 'signing');
  if (own === undefined) return undefined;
  const { name, issuer, audience, signing } = own;
  return [name, issuer, audience, textOf(signing.sealWith)];
}

function textOf(secret: Secret | undefined): string | undefined {
  return secret && Buffer.from(secret.reveal()).toString('base64');
}
