import type { ClusterPrimary } from './cluster-primary.ts';
import type { ClusterView } from './cluster-view.ts';
import { parseView } from './cluster-view.ts';
import type { QuorumView } from './quorum-view.ts';
import { agree } from './quorum-view.ts';

/** One question to all primaries at once: who serves what? */
export class TopologyPoll {
  /** When it was asked, on both clocks. */
  readonly askedAtMs = performance.now();
  readonly askedAtWallMs = Date.now();
  /** What more than half of them say, once they have; `undefined` where they do not. */
  readonly first: Promise<QuorumView | undefined>;
  /** The same once all have answered, or failed to. */
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
