import type { DecisionPointConfig } from '../config/config.ts';
import type { DecisionPointEnvironment, DecisionPointStatus } from './decision-point.ts';
import { DecisionPoint } from './decision-point.ts';
import { ask } from './evaluation-request.ts';
import type { RulingPoint } from './rulings.ts';

export type OpenPointsParts = Pick<DecisionPointEnvironment, 'observer' | 'clock'> & Partial<DecisionPointEnvironment>;

/** All decision points in use, by an identity that changes with their settings. */
export class OpenPoints {
  private readonly environment: DecisionPointEnvironment;
  private readonly closing = new AbortController();
  private points: ReadonlyMap<string, DecisionPoint> = new Map();

  constructor(parts: OpenPointsParts) {
    this.environment = { ask, random: Math.random, ...parts };
  }

  /** Returns a handle that, once it has found its decision point, keeps it even if a later configuration drops it. */
  at(identity: string): Pick<RulingPoint, 'ask'> {
    let point = this.points.get(identity);
    return {
      ask: async (body) => {
        point ??= this.points.get(identity);
        return (await point?.ask(body)) ?? { outcome: 'failed', failure: 'not configured' };
      },
    };
  }

  /** Replaces the decision points. Requests that are still open may complete. */
  reconfigure(configured: ReadonlyMap<string, DecisionPointConfig>): void {
    const former = this.points;
    this.points = new Map(
      Array.from(configured, ([identity, config]) => [identity, former.get(identity) ?? this.open(config)]),
    );
    for (const [identity, point] of former) if (!configured.has(identity)) point.retire();
  }

  /** Yields the current state of each. */
  *statuses(): Iterable<DecisionPointStatus> {
    for (const point of this.points.values()) yield point.status();
  }

  /** Aborts every request. */
  close(): void {
    this.closing.abort(new Error('it is no longer needed'));
    for (const point of this.points.values()) point.retire();
  }

  private open(config: DecisionPointConfig): DecisionPoint {
    return new DecisionPoint({ ...this.environment, name: config.name, server: config, closing: this.closing.signal });
  }
}
