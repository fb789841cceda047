import { setTimeout as wait } from 'node:timers/promises';
import { fault, storeErrorFrom } from '../failure.ts';
import { beatEveryMs, beatLostMs } from '../heartbeat.ts';
import type { ClientOptions } from '../options.ts';
import type { SessionListener, Tracking } from '../tracking.ts';
import { TrackingSession } from '../tracking-session.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterPrimary } from './cluster-primary.ts';
import type { QuorumView } from './quorum-view.ts';
import { tagIn } from './slot.ts';

const SETUP_MS = 5_000;

export interface ClusterSessionParts {
  readonly cluster: Cluster;
  readonly prefixes: readonly string[];
  readonly optionsFor: (primary: ClusterPrimary) => ClientOptions;
  readonly listener: SessionListener;
}

/** The time up to which changes are known, by both clocks, in milliseconds. */
interface HeardTime {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * Tracks a cluster: one session with each primary that serves slots, and regular confirmation from all of them that no
 * other primary serves slots and none migrates a slot to a primary without a session. The session that lags most
 * decides up to when changes are known. It ends when one of the sessions ends or another primary serves slots. A slot
 * that moves between primaries with sessions makes no difference.
 */
export class ClusterTrackingSession implements Tracking {
  private readonly parts: ClusterSessionParts;
  private readonly ended = Promise.withResolvers<unknown>();
  private isOver = false;

  constructor(parts: ClusterSessionParts) {
    this.parts = parts;
  }

  async run(): Promise<unknown> {
    const nowMs = performance.now();
    const cause = await this.parts.cluster
      .agreed(nowMs, nowMs + SETUP_MS)
      .then((agreement) => this.listen(agreement))
      .catch((error: unknown) => error);
    this.isOver = true;
    return cause;
  }

  end(): void {
    this.ended.resolve(fault('CLOSED'));
  }

  private async listen(agreement: QuorumView): Promise<unknown> {
    const { cluster, prefixes, optionsFor } = this.parts;
    const heard = new Slowest(agreement.owners.length + 1, ({ monotonicMs, wallMs }) =>
      this.parts.listener.heardUpTo(monotonicMs, wallMs),
    );
    const sessions = agreement.owners.map(({ id, slots, ...place }) => {
      const primary = cluster.at(place);
      if (primary === undefined) throw fault('SETTLING');
      const session = new TrackingSession(optionsFor(primary), prefixes, this.listenerFor(id, heard), tagIn(slots));
      return { session, life: session.run().then((cause) => storeErrorFrom(primary.place, cause)) };
    });
    const lives = sessions.map(({ life }) => life);
    const cause = await Promise.race([this.ended.promise, this.watch(agreement, heard), ...lives]);
    this.isOver = true;
    for (const { session } of sessions) session.end();
    await Promise.all(lives);
    return cause;
  }

  private listenerFor(id: string, heard: Slowest): SessionListener {
    const { listener } = this.parts;
    return {
      get maxStalenessMs() {
        return listener.maxStalenessMs;
      },
      changed: (keys) => listener.changed(keys),
      flushed: () => listener.flushed(),
      heardUpTo: (monotonicMs, wallMs) => heard.report(id, { monotonicMs, wallMs }),
    };
  }

  /**
   * Resolves to the cause once other primaries serve slots, or too few primaries confirm in time that this is not so.
   */
  private async watch(before: QuorumView, heard: Slowest): Promise<unknown> {
    const { cluster, listener } = this.parts;
    let confirmedAtMs = performance.now();
    while (!this.isOver) {
      const round = await cluster.look(performance.now());
      const agreement = await round.last;
      if (agreement !== undefined && placesOf(agreement) !== placesOf(before)) return fault('SETTLING');
      if (agreement?.isWhole && !agreement.owners.some(({ id }) => agreement.failed.has(id))) {
        confirmedAtMs = round.askedAtMs;
        heard.report('all', { monotonicMs: round.askedAtMs, wallMs: round.askedAtWallMs });
      }
      const passedMs = performance.now() - confirmedAtMs;
      if (passedMs > beatLostMs(listener.maxStalenessMs)) return fault('NOQUORUM');
      await wait(Math.max(beatEveryMs(listener.maxStalenessMs) - passedMs, 25), undefined, { ref: false });
    }
    return undefined;
  }
}

/** Reports up to when all of `count` sources have reported. */
class Slowest {
  private readonly times = new Map<string, HeardTime>();
  private readonly count: number;
  private readonly reportSlowest: (time: HeardTime) => void;
  private reportedMs = Number.NEGATIVE_INFINITY;

  constructor(count: number, reportSlowest: (time: HeardTime) => void) {
    this.count = count;
    this.reportSlowest = reportSlowest;
  }

  report(source: string, time: HeardTime): void {
    this.times.set(source, time);
    if (this.times.size < this.count) return;
    const times = [...this.times.values()];
    const monotonicMs = Math.min(...times.map((each) => each.monotonicMs));
    const wallMs = Math.min(...times.map((each) => each.wallMs));
    if (monotonicMs <= this.reportedMs) return;
    this.reportedMs = monotonicMs;
    this.reportSlowest({ monotonicMs, wallMs });
  }
}

function placesOf({ owners }: QuorumView): string {
  return owners
    .map(({ id, host, port }) => `${id} ${host} ${port}`)
    .toSorted()
    .join('\n');
}
