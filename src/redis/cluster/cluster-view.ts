import type { HostPort } from '../../config/config.ts';
import type { SlotRange } from './slot.ts';

/** A node of a cluster, as one of them sees it. */
export interface ClusterNode extends HostPort {
  readonly id: string;
  /** Its IP address, if `host` is a name. Redis redirects to either. */
  readonly ip: string;
  readonly isPrimary: boolean;
  /** Whether a majority has declared it failed, as far as that node knows. */
  readonly hasFailed: boolean;
  /** Rises each time it takes over slots. */
  readonly epoch: number;
  readonly slots: readonly SlotRange[];
}

/** What one node reports about its cluster. */
export interface ClusterView {
  /** The id of the reporting node. */
  readonly self: string;
  readonly nodes: readonly ClusterNode[];
  /** Ids of the nodes to which the reporting node is migrating a slot. */
  readonly handsOverTo: readonly string[];
}

/** Reads the reply of `CLUSTER NODES`. `asked` is the address of the node, which may not know its own. */
export function parseView(text: string, asked: HostPort): ClusterView {
  const lines = text.split('\n').filter((line) => line !== '');
  const nodes = lines.map((line) => parseNode(line, asked)).filter((node) => node !== undefined);
  const [self = ''] = /^\S+(?= \S+ (?:\S+,)?myself)/m.exec(text) ?? [];
  return { self, nodes, handsOverTo: [...text.matchAll(/\[\d+->-([^\]]+)\]/g)].map(([, id = '']) => id) };
}

/** The primaries that serve slots. Only they vote. */
export function ownersOf({ nodes }: Pick<ClusterView, 'nodes'>): readonly ClusterNode[] {
  return nodes.filter(({ isPrimary, slots }) => isPrimary && slots.length > 0);
}

/** `undefined` for a node that is still joining or has no address. */
function parseNode(line: string, asked: HostPort): ClusterNode | undefined {
  const [id = '', address = '', flagText = '', , , , epoch = '', , ...slots] = line.split(' ');
  const flags = flagText.split(',');
  if (flags.includes('handshake') || flags.includes('noaddr')) return undefined;
  const [endpoint = '', name = ''] = address.split(',');
  const [, ip = '', port = ''] = /^(.*):(\d+)(?:@\d+)?$/.exec(endpoint) ?? [];
  return {
    id,
    host: name || ip || asked.host,
    ip: ip || asked.host,
    port: Number(port) || asked.port,
    isPrimary: flags.includes('master'),
    hasFailed: flags.includes('fail'),
    epoch: Number(epoch),
    slots: slots.filter((range) => !range.startsWith('[')).map(parseRange),
  };
}

function parseRange(text: string): SlotRange {
  const [first = Number.NaN, last = first] = text.split('-').map(Number);
  return [first, last];
}
