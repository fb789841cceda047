import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';

/** Warns of a token service on every address of the machine, where passwords and tokens arrive unencrypted. */
export function warnOfExposedTokens(draft: Draft, { tokens }: Config['listen']): void {
  if (tokens === undefined || tokens.tls !== undefined || 'path' in tokens.address) return;
  const { host } = tokens.address;
  const isAccepted = draft.valueAt(['listen', 'tokens', 'insecure']) === true;
  if (isAccepted || (host !== '0.0.0.0' && host !== '::')) return;
  draft.warn(
    ['listen', 'tokens'],
    'every address of this machine takes passwords and tokens unencrypted: add tls, listen on the address of the gateway, or write insecure: true if only a gateway reaches it',
  );
}
