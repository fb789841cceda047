import type { ClusterNode, ClusterView } from './cluster-view.ts';
import { ownersOf } from './cluster-view.ts';
import { holds } from './slot.ts';

/** What most primaries of a cluster say of it, all alike. */
export interface QuorumView {
  readonly nodes: readonly ClusterNode[];
  /** The primaries that serve slots. */
  readonly owners: readonly ClusterNode[];
  /** Ids of those that one of them at least holds for failed: a replica may take its place at any moment. */
  readonly failed: ReadonlySet<string>;
  /** Whether all who serve slots have said so, and hand no slot over to one that serves none yet. */
  readonly isWhole: boolean;
}

/**
 * What can be believed of a cluster, from what its nodes said, by their ids. A node that was cut off, or stood still,
 * may not know that another one has taken its place, and goes on as before; so more than half of the primaries must say
 * the same of who serves what. A replica takes a place over by their votes alone, and whoever votes holds the old
 * primary for failed before: among any majority there is one that knows it. Of two majorities the later one counts.
 */
export function agree(views: ReadonlyMap<string, ClusterView>): QuorumView | undefined {
  const groups = Map.groupBy(views, ([, view]) => fingerprint(view));
  const agreements = [...groups.values()].map((group) => agreementOf(new Map(group)));
  return agreements
    .filter((agreement) => agreement !== undefined)
    .toSorted((left, right) => epochOf(right) - epochOf(left))[0];
}

/** Who serves a slot, by this. */
export function ownerOf({ owners }: QuorumView, slot: number): ClusterNode | undefined {
  return owners.find(({ slots }) => holds(slots, slot));
}

function agreementOf(views: ReadonlyMap<string, ClusterView>): QuorumView | undefined {
  // A node's address is what others say it is, if any does.
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

/** Who serves what. */
function fingerprint(view: ClusterView): string {
  return ownersOf(view)
    .map(({ id, slots }) => `${id} ${slots.join(' ')}`)
    .toSorted()
    .join('\n');
}

function epochOf({ owners }: QuorumView): number {
  return Math.max(...owners.map(({ epoch }) => epoch));
}
