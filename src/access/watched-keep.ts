import { endOfAllow } from '../core/condition/route-conditions.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Allow } from '../core/decision.ts';
import { watchedKeepTime } from '../core/keep-time.ts';
import type { Clock } from '../core/ports.ts';
import type { Freshness } from '../core/standing.ts';
import { instantOf } from '../lib/clock.ts';

/** What says how long a caller may keep an answer that follows the revocation set. */
export interface WatchedKeepParts {
  readonly standings: { readonly freshness: Freshness };
  readonly clock: Clock;
  /** Whether every route is in shadow mode, whose answers are never kept. */
  readonly shadow: boolean;
}

/** How long a caller that follows the revocation set may keep an answer, in whole milliseconds; 0: not at all. */
export class WatchedKeep {
  private readonly parts: WatchedKeepParts;

  constructor(parts: WatchedKeepParts) {
    this.parts = parts;
  }

  /** For an allow that was decided just now. 0 on a route at an MCP server, whose answers depend on the message too. */
  ofAllow({ credential, route, shadowed }: Allow): number {
    const isShadow = this.parts.shadow || shadowed !== undefined || route?.shadow === true;
    return isShadow || route?.mcp !== undefined || credential === undefined
      ? 0
      : this.ofToken(credential, endOfAllow(route?.where, credential));
  }

  /**
   * For what a token is, which routes and their modes do not change.
   *
   * @param endMs Unix milliseconds at which the answer ends by itself; never by default.
   */
  ofToken(credential: VerifiedCredential, endMs?: number): number {
    const { standings, clock } = this.parts;
    return watchedKeepTime(credential, standings.freshness, instantOf(clock), endMs);
  }
}
