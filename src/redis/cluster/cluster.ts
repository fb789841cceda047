import { setTimeout as wait } from 'node:timers/promises';
import type { HostPort, RedisAccess, RedisStoreConfig } from '../../config/config.ts';
import { StoreError } from '../../core/ports.ts';
import type { ServerLabel } from '../failure.ts';
import { fault, isLasting, storeErrorFrom, UnfitError } from '../failure.ts';
import { placeOf } from '../options.ts';
import type { Connect } from './cluster-primary.ts';
import { ClusterPrimary } from './cluster-primary.ts';
import type { ClusterNode, ClusterView } from './cluster-view.ts';
import { probeNode } from './probe-node.ts';
import type { QuorumView } from './quorum-view.ts';
import { ownerOf } from './quorum-view.ts';
import { TopologyPoll } from './topology-poll.ts';

/** The pause before the primaries are asked again, in milliseconds, if they do not agree. */
const PAUSE_MS = 20;
/** The shortest time between two searches, in milliseconds: a search opens connections. */
const SEARCH_EVERY_MS = 250;

export interface ClusterParts {
  readonly config: RedisStoreConfig;
  /** Which nodes to ask while no known primary answers. */
  readonly addresses: readonly HostPort[];
  readonly connect: Connect;
}

/**
 * The primaries of a Redis Cluster, as a majority of them reports. It has no timer: it asks them again whenever a caller
 * needs a current answer.
 */
export class Cluster {
  readonly place: ServerLabel;
  private readonly parts: ClusterParts;
  /** With the newest credentials. */
  private config: RedisStoreConfig;
  private known: readonly ClusterPrimary[] = [];
  private agreement: QuorumView | undefined;
  private agreedAtMs = Number.NEGATIVE_INFINITY;
  private round: TopologyPoll | undefined;
  private searching: Promise<void> | undefined;
  private searchedAtMs = Number.NEGATIVE_INFINITY;
  /** Why there is no majority. */
  private trouble: unknown = fault('NOQUORUM');
  private readonly pending = new Set<Promise<unknown>>();
  private isClosed = false;

  constructor(parts: ClusterParts) {
    this.parts = parts;
    this.config = parts.config;
    this.place = placeOf(() => this.config);
  }

  /** Resolves with all primaries that serve slots once they are connected; rejects with `StoreError` after `limitMs`. */
  async open(limitMs: number): Promise<readonly ClusterPrimary[]> {
    const untilMs = performance.now() + limitMs;
    for (;;) {
      const { owners } = await this.agreed(performance.now(), untilMs);
      const trouble = owners.map((owner) => this.troubleAt(owner)).find((error) => error !== undefined);
      if (trouble === undefined)
        return owners.map((owner) => this.at(owner)).filter((primary) => primary !== undefined);
      if (trouble instanceof UnfitError) throw trouble;
      await this.pause(untilMs, trouble);
    }
  }

  /** The primaries that are connected or connecting. */
  get primaries(): readonly ClusterPrimary[] {
    return this.known;
  }

  /** The connections to a node. */
  at(node: Pick<ClusterNode, 'host' | 'port'>): ClusterPrimary | undefined {
    return this.known.find((primary) => primary.isAt(node));
  }

  /** The primary that serves a slot, as far as is known now. Waits for a majority if there has been none yet. */
  async serving(slot: number, untilMs: number): Promise<ClusterPrimary> {
    for (;;) {
      const owner = this.agreement && ownerOf(this.agreement, slot);
      const primary = owner && this.at(owner);
      if (primary !== undefined) return primary;
      if (this.agreement !== undefined) await this.pause(untilMs, fault('CLUSTERDOWN'));
      await this.agreed(performance.now(), untilMs);
    }
  }

  /** What a majority reports, asked no earlier than `sinceMs`. Rejects with `StoreError` if there is none by `untilMs`. */
  async agreed(sinceMs: number, untilMs: number): Promise<QuorumView> {
    for (let fromMs = sinceMs; ; fromMs = performance.now()) {
      const agreement = await (await this.look(fromMs)).first;
      if (agreement !== undefined) return agreement;
      await this.search();
      await this.pause(untilMs, this.trouble);
    }
  }

  /** The latest poll that was sent no earlier than `sinceMs`, or a new one. There is only one poll at a time. */
  async look(sinceMs: number): Promise<TopologyPoll> {
    for (;;) {
      const { round } = this;
      if (round !== undefined && round.askedAtMs >= sinceMs) return round;
      if (round?.isOpen) await round.first;
      else return this.start();
    }
  }

  /** Does work that `close()` waits for. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new StoreError('the store is closed');
    const done = work();
    this.pending.add(done);
    try {
      return await done;
    } finally {
      this.pending.delete(done);
    }
  }

  /** Checks again whether the connections lead to primaries. */
  recheck(): void {
    for (const { reads, writes } of this.known) for (const connection of [reads, writes]) connection.recheck();
  }

  /** As `Connection.checkAccess`, at every primary. */
  async checkAccess(access: RedisAccess): Promise<void> {
    await Promise.all(this.known.map(({ reads }) => reads.checkAccess(access)));
  }

  /** As `Connection.reconfigure`, at every primary. */
  async reconfigure(config: RedisStoreConfig): Promise<void> {
    this.config = config;
    await Promise.all(this.known.map((primary) => primary.reconfigure(config)));
  }

  /** Accepts nothing more, waits for pending answers and closes the connections. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.pending);
    await Promise.all(this.known.map((primary) => primary.close()));
  }

  private start(): TopologyPoll {
    const round = new TopologyPoll(this.known);
    this.round = round;
    const adopt = (agreement: QuorumView | undefined): void => {
      if (agreement !== undefined && round.askedAtMs >= this.agreedAtMs) this.useAgreement(agreement, round.askedAtMs);
    };
    void round.first.then(adopt);
    void round.last.then(adopt);
    return round;
  }

  private useAgreement(agreement: QuorumView, askedAtMs: number): void {
    if (this.isClosed) return;
    this.agreement = agreement;
    this.agreedAtMs = askedAtMs;
    const nodes = agreement.nodes.filter(isOfUse);
    const [kept, left] = [this.known.filter(isIn(nodes)), this.known.filter((primary) => !isIn(nodes)(primary))];
    for (const primary of left) void primary.close();
    this.known = kept;
    this.learn(nodes);
    for (const primary of this.known) primary.slots = nodes.find(({ id }) => id === primary.node.id)?.slots ?? [];
  }

  private learn(nodes: readonly ClusterNode[]): void {
    const { connect } = this.parts;
    const unknown = nodes.filter((node) => !this.known.some((primary) => isIn([node])(primary)));
    this.known = [...this.known, ...unknown.map((node) => new ClusterPrimary(node, this.config, connect))];
  }

  /** Asks every node that may know the primaries, if the known ones do not agree. */
  private async search(): Promise<void> {
    if (this.searching === undefined && performance.now() - this.searchedAtMs < SEARCH_EVERY_MS) return;
    this.searchedAtMs = performance.now();
    this.searching ??= this.scout().finally(() => (this.searching = undefined));
    await this.searching;
  }

  private async scout(): Promise<void> {
    const { addresses } = this.parts;
    const places = [...addresses, ...(this.agreement?.nodes ?? [])];
    const asked = await Promise.allSettled(places.map(({ host, port }) => probeNode({ ...this.config, host, port })));
    if (this.isClosed) return;
    const views = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    for (const view of views.filter((one) => this.isOurs(one))) this.learn(view.nodes.filter(isOfUse));
    const failures = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    this.trouble = views.length > 0 ? fault('NOQUORUM') : failures[0];
    if (this.agreement === undefined && views.length === 0 && failures.every(isLasting))
      throw this.explain(failures[0]);
  }

  /** Addresses are reused, so another cluster may answer at one of ours. */
  private isOurs(view: ClusterView): boolean {
    const { agreement } = this;
    return agreement === undefined || view.nodes.some(({ id }) => agreement.nodes.some((node) => node.id === id));
  }

  private async pause(untilMs: number, trouble: unknown): Promise<void> {
    if (performance.now() + PAUSE_MS > untilMs) throw this.explain(trouble);
    await wait(PAUSE_MS);
  }

  private troubleAt(node: ClusterNode): StoreError | undefined {
    const primary = this.at(node);
    return primary === undefined
      ? this.explain(fault('CLUSTERDOWN'))
      : (primary.reads.trouble ?? primary.writes.trouble);
  }

  private explain(error: unknown): StoreError {
    return storeErrorFrom(this.place, error);
  }
}

/** A primary without slots may get its first one at any moment. */
function isOfUse({ isPrimary, slots, hasFailed }: ClusterNode): boolean {
  return isPrimary && (slots.length > 0 || !hasFailed);
}

function isIn(nodes: readonly ClusterNode[]): (primary: ClusterPrimary) => boolean {
  return ({ node }) => nodes.some(({ id, host, port }) => id === node.id && host === node.host && port === node.port);
}
