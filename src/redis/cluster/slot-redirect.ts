import type { HostPort } from '../../config/config.ts';
import { StoreError } from '../../core/ports.ts';

/** Why a node did not carry out a command. The caller may repeat the command, since nothing was done. */
export type SlotRedirect =
  /** Another primary serves the slot. */
  | { readonly kind: 'moved' }
  /** The slot is migrating to that primary, and the key is there or does not exist. */
  | { readonly kind: 'ask'; readonly to: HostPort }
  /** The slot is migrating, and only some of the keys have arrived. */
  | { readonly kind: 'later' };

/** The redirect that caused an error of a `Connection`; `undefined` for any other error. */
export function redirectOf(error: unknown): SlotRedirect | undefined {
  if (!(error instanceof StoreError && error.cause instanceof Error)) return undefined;
  const [code, , to = ''] = error.cause.message.split(' ');
  if (code === 'MOVED' || code === 'STALE') return { kind: 'moved' };
  if (code === 'TRYAGAIN') return { kind: 'later' };
  if (code !== 'ASK') return undefined;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(to) ?? [];
  return { kind: 'ask', to: { host, port: Number(port) } };
}
