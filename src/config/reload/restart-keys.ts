import { isDeepStrictEqual } from 'node:util';
import type { Config, Listener, OwnIssuer, SentinelConfig, StoreConfig } from '../config.ts';
import type { Secret } from '../secret.ts';

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
  return (
    listener && [listener.address, listener.hosts, listener.tls !== undefined, listener.tls?.clientCa !== undefined]
  );
}

/** Whether another configuration has the same store as this one, whatever its credentials are by now. */
export function isSameStore(started: StoreConfig, next: StoreConfig): boolean {
  return isDeepStrictEqual(keptOf(started), keptOf(next));
}

/** Credentials are taken up while it runs; where the store is, and whether the way there is TLS, is not. */
function keptOf(store: StoreConfig): unknown {
  if (store.kind !== 'redis') return store;
  const { sentinel } = store;
  return { ...store, ...ACCESS, tls: store.tls !== undefined, sentinel: sentinel && watchedOf(sentinel) };
}

function watchedOf(sentinel: SentinelConfig): unknown {
  return { ...sentinel, ...ACCESS, tls: sentinel.tls !== undefined };
}

/** In the place of credentials. */
const ACCESS = { username: undefined, password: undefined };

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
