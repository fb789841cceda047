import { isDeepStrictEqual } from 'node:util';
import type { Config, ExtAuthzListener, Listener, SentinelConfig, StoreConfig } from '../config.ts';
import type { OwnIssuer } from '../issuer-config.ts';
import type { Secret } from '../secret.ts';

/**
 * Returns the keys, as the file spells them, that differ between the configuration of the start and `next`, and that
 * only a restart applies: the addresses of the listeners, the number of workers and the store.
 */
export function restartKeys(started: Config, next: Config): readonly string[] {
  const keys: readonly (readonly [string, (config: Config) => unknown])[] = [
    ['listen.extAuthz', ({ listen }) => [fixedListenerOf(listen.extAuthz), listen.extAuthz?.transport.kind]],
    ['listen.tokens', ({ listen }) => fixedListenerOf(listen.tokens)],
    ['listen.verify', ({ listen }) => fixedListenerOf(listen.verify)],
    ['listen.access', ({ listen }) => fixedListenerOf(listen.access)],
    ['listen.admin', ({ listen }) => fixedListenerOf(listen.admin)],
    ['workers', ({ workers }) => workers],
    ['store', ({ store }) => fixedPartOf(store)],
    // Redis connections are opened with this limit.
    ['timeouts.store', ({ store, timeouts }) => (store.kind === 'redis' ? timeouts.storeMs : undefined)],
  ];
  return keys.filter(([, of]) => !isDeepStrictEqual(of(started), of(next))).map(([key]) => key);
}

/**
 * Returns what a process that starts now uses, beside others that have reloaded `next`: wherever only a restart applies
 * `next`, the values of `started` stay in force. Concerns the listener for Envoy and the store.
 */
export function withRestartKeysOf(started: Config, next: Config): Config {
  const store = isSameStore(started.store, next.store) ? next.store : started.store;
  const storeMs = store.kind === 'redis' ? started.timeouts.storeMs : next.timeouts.storeMs;
  const extAuthz = servedAs(started.listen.extAuthz, next.listen.extAuthz);
  return { ...next, store, timeouts: { ...next.timeouts, storeMs }, listen: { ...next.listen, extAuthz } };
}

/** Its transport stays, with the limits of the next configuration. */
function servedAs(started: ExtAuthzListener | undefined, next: ExtAuthzListener | undefined) {
  const listener = openedAs(started, next);
  if (listener === undefined || started === undefined || next === undefined) return listener;
  const isSame = started.transport.kind === next.transport.kind;
  return { ...listener, transport: isSame ? next.transport : started.transport };
}

/** A listener that has moved stays where it is, but its certificate is replaced. */
function openedAs<L extends Listener>(started: L | undefined, next: L | undefined): L | undefined {
  if (started === undefined || next === undefined) return started;
  if (isDeepStrictEqual(fixedListenerOf(started), fixedListenerOf(next))) return next;
  if (started.tls === undefined || next.tls === undefined) return started;
  const clientCa = started.tls.clientCa && (next.tls.clientCa ?? started.tls.clientCa);
  return { ...started, tls: { ...next.tls, clientCa } };
}

/** A reload replaces certificates, but it does not turn TLS or client certificates on or off. */
function fixedListenerOf(listener: Listener | undefined): unknown {
  return (
    listener && [
      listener.address,
      listener.hosts,
      listener.tls !== undefined,
      listener.tls?.clientCa !== undefined,
      listener.tls?.handshakeTimeoutMs,
    ]
  );
}

/** Whether two configurations have the same store, even if its credentials differ. */
export function isSameStore(started: StoreConfig, next: StoreConfig): boolean {
  return isDeepStrictEqual(fixedPartOf(started), fixedPartOf(next));
}

/** A reload replaces credentials, but neither the place of the store nor whether the connection uses TLS. */
function fixedPartOf(store: StoreConfig): unknown {
  if (store.kind !== 'redis') return store;
  const { sentinel } = store;
  return { ...store, ...ACCESS, tls: store.tls !== undefined, sentinel: sentinel && fixedSentinelOf(sentinel) };
}

function fixedSentinelOf(sentinel: SentinelConfig): unknown {
  return { ...sentinel, ...ACCESS, tls: sentinel.tls !== undefined };
}

/** Replaces credentials for the comparison. */
const ACCESS = { username: undefined, password: undefined };

/** Whether our own issuer is the same and its keys are sealed with the same secret. A reload cannot change either. */
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
