import { setTimeout as wait } from 'node:timers/promises';
import { isTaken } from '../../../deploy/demo/ports.ts';
import { freePorts } from '../servers/ports.ts';
import type { RedisServer, RedisServerOptions } from './server.ts';
import { BUS, startRedis } from './server.ts';

const SLOTS = 16_384;
const READY_MS = 30_000;

/** A node of the cluster. */
export interface ClusterServer {
  readonly server: RedisServer;
  readonly id: string;
}

/** A real Redis Cluster of three primaries with one replica each, on the loopback address. */
export interface RedisCluster {
  /** The first three serve a third of the slots each; the others are their replicas, in the same order. */
  readonly nodes: readonly ClusterServer[];
  /** Adds a node that serves no slots. */
  join(): Promise<ClusterServer>;
  close(): Promise<void>;
}

/** Starts a cluster; resolves once it serves all slots and every replica follows its primary. */
export async function startRedisCluster(options: RedisServerOptions = {}): Promise<RedisCluster> {
  const started: RedisServer[] = [];
  const start = async (): Promise<ClusterServer> => {
    const settings = {
      'cluster-enabled': 'yes',
      // With a shorter time-out a busy machine causes failovers.
      'cluster-node-timeout': '2000',
      // A replica may be promoted however long its link was down.
      'cluster-replica-validity-factor': '0',
      appendfsync: 'no',
      ...options.settings,
    };
    const server = await startRedis({ ...options, settings, port: await freeClusterPort() });
    started.push(server);
    return { server, id: String(await server.client.call('CLUSTER', 'MYID')) };
  };
  const close = async (): Promise<void> => void (await Promise.all(started.map((server) => server.close())));
  try {
    const nodes = await Promise.all(Array.from({ length: 6 }, start));
    await formCluster(nodes);
    const join = async (): Promise<ClusterServer> => {
      const node = await start();
      await meet(node, nodes);
      await until(async () => (await Promise.all([node, ...nodes].map(knownNodes))).every((count) => count === 7));
      await until(() => serves(node));
      return node;
    };
    return { nodes, join, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Forms a cluster of nodes that do not know each other. */
async function formCluster(nodes: readonly ClusterServer[]): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  await Promise.all(
    nodes.map(({ server }, index) => server.client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))),
  );
  await Promise.all(
    nodes.slice(0, 3).map(({ server }, third) => {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter(
        (slot) => Math.floor((slot * 3) / SLOTS) === third,
      );
      return server.client.call('CLUSTER', 'ADDSLOTS', ...slots.map(String));
    }),
  );
  for (const node of nodes.slice(1)) await meet(node, [first]);
  await until(async () => (await Promise.all(nodes.map(knownNodes))).every((count) => count === nodes.length));
  await Promise.all(
    nodes.slice(3).map(({ server }, index) => server.client.call('CLUSTER', 'REPLICATE', nodes[index]?.id ?? '')),
  );
  await until(async () => (await Promise.all(nodes.map(isReady))).every(Boolean));
}

async function meet({ server }: ClusterServer, [other]: readonly ClusterServer[]): Promise<void> {
  await server.client.call('CLUSTER', 'MEET', '127.0.0.1', String(other?.server.port));
}

async function knownNodes({ server }: ClusterServer): Promise<number> {
  return linesOf(await server.client.call('CLUSTER', 'NODES')).filter((line) => !line.includes('handshake')).length;
}

async function serves({ server }: ClusterServer): Promise<boolean> {
  return String(await server.client.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
}

async function isReady(node: ClusterServer): Promise<boolean> {
  const { server } = node;
  const replication = await server.client.info('replication');
  const replicates = /role:master\r\nconnected_slaves:1/.test(replication) || /master_link_status:up/.test(replication);
  const slaves = linesOf(await server.client.call('CLUSTER', 'NODES')).filter((line) => line.includes('slave'));
  return (await serves(node)) && replicates && slaves.length === 3;
}

function linesOf(answer: unknown): string[] {
  return String(answer).trim().split('\n');
}

/** Resolves once the condition holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + READY_MS;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`the cluster was not ready after ${READY_MS} ms`);
    await wait(50);
  }
}

/** Resolves to a free port whose cluster bus port is free as well. */
async function freeClusterPort(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    if (!(await isTaken(port + BUS))) return port;
  }
}
