import type { ConnectionObserver } from '../../../src/edge/connections.ts';

/** Hears of the connections of a door, and does nothing. */
export const IGNORED_CONNECTIONS: ConnectionObserver = { doorOpened: () => {}, connectionEnded: () => {} };
