import { DEFAULT_LIMITS } from '../../../../http2/limits.ts';
import type { DrainCause, Http2Observer } from '../../../../http2/observer.ts';
import type { ExtAuthzParts } from '../../door.ts';

const CAUSES: readonly DrainCause[] = ['age', 'stream ids', 'close', 'full'];

/** Passes on what happens on the connections, with the limits as the configuration names them. */
export function observe({ transport, failed }: Pick<ExtAuthzParts, 'transport' | 'failed'>): Http2Observer {
  transport.begin(Object.keys(DEFAULT_LIMITS).map(keyOf), CAUSES);
  return {
    opened: () => transport.connectionOpened(),
    closed: (wasDraining) => transport.connectionClosed(wasDraining),
    draining: (cause) => transport.draining(cause),
    cancelled: () => transport.cancelled(),
    limitReached: (limit, peer, isClosed) => transport.limitReached(keyOf(limit), peer, isClosed),
    protocolError: (code, detail, peer) => transport.protocolError(code, detail, peer),
    methodFailed: (_path, error) => failed(error),
    broken: failed,
  };
}

/** The key under `listen.extAuthz.limits`, where a time has its unit. */
function keyOf(limit: string): string {
  return limit.replace(/Ms$/, 'Timeout');
}
