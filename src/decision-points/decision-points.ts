import { createHash } from 'node:crypto';
import type { DecisionPointConfig } from '../config/config.ts';
import type { RulingSource } from '../core/condition/ruling.ts';
import type { Clock } from '../core/ports.ts';
import type { DecisionPointStatus } from './decision-point.ts';
import type { Ask } from './evaluation-request.ts';
import type { OpenPoints, OpenPointsParts } from './open-points.ts';
import { Rulings } from './rulings.ts';

/** What {@link DecisionPoints} needs. Network and random numbers default to the system's. */
export interface DecisionPointsParts extends Pick<OpenPointsParts, 'observer'> {
  readonly clock: Clock;
  readonly random?: () => number;
  readonly ask?: Ask;
}

type Configured = ReadonlyMap<string, DecisionPointConfig>;

/** Asks policy decision points. Imports the code for this with the first configuration that has one. */
export class DecisionPoints {
  private readonly parts: DecisionPointsParts;
  private loading: Promise<OpenPoints> | undefined;
  private loaded: OpenPoints | undefined;

  constructor(parts: DecisionPointsParts) {
    this.parts = parts;
  }

  /**
   * Returns a source of the rulings of these decision points, which shares no ruling with another one. It works once
   * {@link reconfigure} is called with them. Returns `undefined` if there is none.
   */
  rulings(configured: Configured): RulingSource | undefined {
    if (configured.size === 0) return undefined;
    const loading = this.load();
    // Each question reports the failure.
    loading.catch(() => undefined);
    const points = Array.from(configured.values(), (config) => {
      const building = loading.then((points) => points.at(identityOf(config)));
      building.catch(() => undefined);
      return [
        config.name,
        { cacheMs: config.cacheMs, ask: async (body: string) => (await building).ask(body) },
      ] as const;
    });
    return new Rulings({ points: new Map(points), clock: this.parts.clock });
  }

  /** Replaces the decision points to ask. One that the former configuration named too keeps its state. */
  reconfigure(configured: Configured): void {
    if (configured.size === 0 && this.loading === undefined) return;
    const identified = new Map(Array.from(configured.values(), (config) => [identityOf(config), config]));
    // Each question reports the failure to load.
    this.load().then(
      (points) => points.reconfigure(identified),
      () => undefined,
    );
  }

  /** Returns the current state of each. */
  statuses(): Iterable<DecisionPointStatus> {
    return this.loaded?.statuses() ?? [];
  }

  /** Aborts every request. */
  async close(): Promise<void> {
    (await this.loading)?.close();
  }

  private load(): Promise<OpenPoints> {
    this.loading ??= import('./open-points.ts').then((module) => (this.loaded = new module.OpenPoints(this.parts)));
    return this.loading;
  }
}

/** All that decides what is sent where. Names are unique. */
function identityOf({ name, url, access, timeoutMs }: DecisionPointConfig): string {
  const { headers = {}, tokenFile, ca } = access ?? {};
  const secrets = Object.entries(headers).map(([field, value]) => [field, digestOf(value.reveal())]);
  return JSON.stringify([name, url.href, secrets, tokenFile, ca, timeoutMs]);
}

function digestOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}
