import type { ClusterPrimary } from './cluster-primary.ts';
import type { ClusterView } from './cluster-view.ts';
import { parseView } from './cluster-view.ts';
import type { QuorumView } from './quorum-view.ts';
import { agree } from './quorum-view.ts';

/** Asks all primaries at once which of them serves which slots. */
export class TopologyPoll {
  /** When the poll was sent, on both clocks. */
  readonly askedAtMs = performance.now();
  readonly askedAtWallMs = Date.now();
  /** What a majority reports, as soon as it has; `undefined` if there is none. */
  readonly first: Promise<QuorumView | undefined>;
  /** The same once all have answered or failed. */
  readonly last: Promise<QuorumView | undefined>;
  isOpen = true;
  private readonly views = new Map<string, ClusterView>();

  constructor(primaries: readonly ClusterPrimary[]) {
    const first = Promise.withResolvers<QuorumView | undefined>();
    this.first = first.promise.finally(() => (this.isOpen = false));
    const hear = async (primary: ClusterPrimary): Promise<void> => {
      const view = await viewOf(primary);
      this.views.set(view.self, view);
      const agreement = agree(this.views);
      if (agreement !== undefined) first.resolve(agreement);
    };
    this.last = Promise.allSettled(primaries.map(hear)).then(() => {
      const agreement = agree(this.views);
      first.resolve(agreement);
      return agreement;
    });
  }
}

async function viewOf({ reads, node }: ClusterPrimary): Promise<ClusterView> {
  return parseView(String(await reads.ask(['cluster', 'nodes'])), node);
}
