import type { ClusterNode, ClusterView } from './cluster-view.ts';
import { ownersOf } from './cluster-view.ts';
import { holds } from './slot.ts';

/** What a majority of the primaries reports alike about their cluster. */
export interface QuorumView {
  readonly nodes: readonly ClusterNode[];
  /** The primaries that serve slots. */
  readonly owners: readonly ClusterNode[];
  /** Ids of nodes that at least one of them considers failed: a replica may take over at any moment. */
  readonly failed: ReadonlySet<string>;
  /** Whether every primary with slots has reported this, and none migrates a slot to a primary without slots. */
  readonly isWhole: boolean;
}

/**
 * What can be trusted about a cluster, given the reports of its nodes by their ids. A node that was cut off or suspended
 * may not know that another one has replaced it, so more than half of the primaries must report the same owners of the
 * slots. A replica takes over only by the votes of a majority, and each voter considers the old primary failed before it
 * votes: every majority has a member that knows it. Of two majorities the later one counts.
 */
export function agree(views: ReadonlyMap<string, ClusterView>): QuorumView | undefined {
  const groups = Map.groupBy(views, ([, view]) => fingerprint(view));
  const agreements = [...groups.values()].map((group) => agreementOf(new Map(group)));
  return agreements
    .filter((agreement) => agreement !== undefined)
    .toSorted((left, right) => epochOf(right) - epochOf(left))[0];
}

/** The primary that serves a slot. */
export function ownerOf({ owners }: QuorumView, slot: number): ClusterNode | undefined {
  return owners.find(({ slots }) => holds(slots, slot));
}

function agreementOf(views: ReadonlyMap<string, ClusterView>): QuorumView | undefined {
  // The address of a node is the one that other nodes report, if there is one.
  const [id, view] = [...views].toSorted(([left], [right]) => (left < right ? -1 : 1))[0] ?? [];
  if (view === undefined) return undefined;
  const nodes = view.nodes.map((node) => (node.id === id ? (asOthersSeeIt(node, views) ?? node) : node));
  const owners = ownersOf({ nodes });
  const voters = owners.filter((owner) => views.has(owner.id));
  if (voters.length * 2 <= owners.length) return undefined;
  const said = voters.flatMap((voter) => views.get(voter.id) ?? []);
  const failed = said.flatMap((one) => one.nodes.filter(({ hasFailed }) => hasFailed).map((node) => node.id));
  const serving = new Set(owners.map((owner) => owner.id));
  const isWhole =
    voters.length === owners.length && said.every(({ handsOverTo }) => handsOverTo.every((to) => serving.has(to)));
  return { nodes, owners, failed: new Set(failed), isWhole };
}

function asOthersSeeIt({ id }: ClusterNode, views: ReadonlyMap<string, ClusterView>): ClusterNode | undefined {
  const other = [...views].find(([speaker]) => speaker !== id)?.[1];
  return other?.nodes.find((node) => node.id === id);
}

/** Which primary serves which slots. */
function fingerprint(view: ClusterView): string {
  return ownersOf(view)
    .map(({ id, slots }) => `${id} ${slots.join(' ')}`)
    .toSorted()
    .join('\n');
}

function epochOf({ owners }: QuorumView): number {
  return Math.max(...owners.map(({ epoch }) => epoch));
}
