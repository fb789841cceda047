import type { RedisStoreConfig } from '../../config/config.ts';
import { ConfirmedWrites } from '../confirmed-writes.ts';
import type { Connection } from '../connection.ts';
import type { ServerLabel } from '../failure.ts';
import { placeOf } from '../options.ts';
import type { ClusterNode } from './cluster-view.ts';
import type { SlotRange } from './slot.ts';
import { tagIn } from './slot.ts';

/** Opens connections to a node. */
export interface Connect {
  /** What the key that replicas confirm begins with. */
  readonly barrier: string;
  reads(config: RedisStoreConfig, place: ServerLabel): Connection;
  writes(config: RedisStoreConfig, place: ServerLabel): Connection;
}

/** A primary of the cluster, and the connections to it. */
export class ClusterPrimary {
  readonly node: ClusterNode;
  /** What it serves now. */
  slots: readonly SlotRange[];
  /** The configuration of the cluster, with the address of this node. */
  config: RedisStoreConfig;
  readonly place: ServerLabel;
  readonly reads: Connection;
  /** Writes go through `confirmed`. */
  readonly writes: Connection;
  readonly confirmed: ConfirmedWrites;

  constructor(node: ClusterNode, cluster: RedisStoreConfig, connect: Connect) {
    this.node = node;
    this.config = { ...cluster, host: node.host, port: node.port };
    this.place = placeOf(() => this.config);
    this.reads = connect.reads(this.config, this.place);
    this.writes = connect.writes(this.config, this.place);
    const { minReplicas } = cluster;
    this.confirmed = new ConfirmedWrites({
      place: this.place,
      connection: this.writes,
      minReplicas,
      // A primary without slots redirects this write, so it confirms nothing.
      barrierKey: () => `${connect.barrier}:{${tagIn(this.slots) ?? ''}}`,
    });
    this.slots = node.slots;
    this.reads.start();
    this.writes.start();
  }

  /** Whether a node or a redirect has the address of this primary. */
  isAt({ host, port }: Pick<ClusterNode, 'host' | 'port'>): boolean {
    return port === this.node.port && (host === this.node.host || host === this.node.ip);
  }

  /** As `Connection.reconfigure`. */
  async reconfigure(cluster: RedisStoreConfig): Promise<void> {
    const { host, port } = this.node;
    this.config = { ...cluster, host, port };
    await Promise.all([this.reads.reconfigure(cluster), this.writes.reconfigure(cluster)]);
  }

  async close(): Promise<void> {
    await Promise.all([this.reads.close(), this.writes.close()]);
  }
}
