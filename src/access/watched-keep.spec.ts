import { describe, expect, it } from 'vitest';
import { MONOTONIC_MS, makeCredential, makeFreshness, makeRoute, NOW_MS } from '../../test/support/core.ts';
import type { Allow } from '../core/decision.ts';
import { deny } from '../core/decision.ts';
import { WatchedKeep } from './watched-keep.ts';

const clock = { monotonicMs: () => MONOTONIC_MS, wallMs: () => NOW_MS };
const parts = { standings: { freshness: makeFreshness() }, clock };
const credential = makeCredential({ standings: [] });

function keepOf(allow: Partial<Allow>, shadow = false): number {
  const decided = { outcome: 'allow', route: makeRoute(), credential, shadowed: undefined, keepMs: 0 } as const;
  return new WatchedKeep({ ...parts, shadow }).ofAllow({ ...decided, ...allow });
}

describe('WatchedKeep.ofAllow()', () => {
  it('is what the credential allows', () => {
    expect(keepOf({})).toBe(new WatchedKeep({ ...parts, shadow: false }).ofToken(credential));
    expect(keepOf({})).toBeGreaterThan(0);
  });

  it('ends with the age of the authentication that the route requires', () => {
    const authAge = { atMostSeconds: 60, clockSkewMs: 0 };
    const route = makeRoute({ where: { claims: [], stepUp: { acr: undefined, authAge } } });
    const authenticated = (secondsAgo: number) =>
      makeCredential({ standings: [], claims: new Map([['auth_time', NOW_MS / 1000 - secondsAgo]]) });
    expect(keepOf({ route, credential: authenticated(55) })).toBe(5_000);
    expect(keepOf({ route, credential: authenticated(61) })).toBe(0);
    expect(keepOf({ route })).toBe(0);
  });

  it.each<[string, number]>([
    ['a request without a credential', keepOf({ credential: undefined })],
    ['a request that shadow lets pass', keepOf({ shadowed: deny('scope_required', undefined, 'scope') })],
    ['a route in shadow', keepOf({ route: makeRoute({ shadow: true }) })],
    ['every route in shadow', keepOf({}, true)],
    ['a route at an MCP server', keepOf({ route: makeRoute({ mcp: { tools: new Map() } }) })],
  ])('is 0 for %s', (_what, keepMs) => {
    expect(keepMs).toBe(0);
  });
});
