import type { HostPort } from '../../config/config.ts';
import { StoreError } from '../../core/ports.ts';

/** Why a node did not do what it was asked; whoever gets this may ask again, since nothing was done. */
export type SlotRedirect =
  /** Another one serves the slot. */
  | { readonly kind: 'moved' }
  /** The slot is on its way to that one, and the key is there, or nowhere. */
  | { readonly kind: 'ask'; readonly to: HostPort }
  /** The slot is on its way, and some of the keys have gone ahead. */
  | { readonly kind: 'later' };

/** The redirect that an error of a `Connection` goes back to; `undefined` for any other error. */
export function redirectOf(error: unknown): SlotRedirect | undefined {
  if (!(error instanceof StoreError && error.cause instanceof Error)) return undefined;
  const [code, , to = ''] = error.cause.message.split(' ');
  if (code === 'MOVED' || code === 'STALE') return { kind: 'moved' };
  if (code === 'TRYAGAIN') return { kind: 'later' };
  if (code !== 'ASK') return undefined;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(to) ?? [];
  return { kind: 'ask', to: { host, port: Number(port) } };
}
