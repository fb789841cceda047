import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../../tools/redis.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';
import { controlsOf, type ServerControls } from './controls.ts';
import type { RedisServer } from './server.ts';
import { startRedis } from './server.ts';

const NAME = 'sms-primary';
const READY_MS = 30_000;

/** One Sentinel, on a port of the loopback address. */
export interface SentinelServer extends ServerControls {
  readonly port: number;
  /** An operator's connection. */
  readonly client: Redis;
}

/** A primary, two replicas and three Sentinels that watch them. */
export interface SentinelGroup {
  /** The name that the Sentinels know the primary by. */
  readonly name: string;
  /** The first was the primary at the start. */
  readonly servers: readonly [RedisServer, RedisServer, RedisServer];
  readonly sentinels: readonly SentinelServer[];
  /** Resolves to the server that the Sentinels name now. */
  primary(): Promise<RedisServer>;
  /** Requests a failover while the primary is up; resolves once the Sentinels name another primary. */
  failover(): Promise<RedisServer>;
  /** Resolves once the Sentinels name another primary than this one. */
  untilMoved(from: RedisServer): Promise<RedisServer>;
  close(): Promise<void>;
}

export interface SentinelGroupOptions {
  /** Settings of the Sentinels, in addition to the defaults, such as `requirepass`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a group; resolves once the Sentinels know each other and the replicas, and the replicas are in sync. */
export async function startSentinelGroup({ settings = {} }: SentinelGroupOptions = {}): Promise<SentinelGroup> {
  const quick = { 'repl-diskless-sync-delay': '0', 'repl-ping-replica-period': '1', appendfsync: 'no' };
  const first = await startRedis({ settings: quick });
  const replica = () => startRedis({ settings: { ...quick, replicaof: `127.0.0.1 ${first.port}` } });
  const servers = [first, await replica(), await replica()] as const;
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port, settings)));
  const primary = async () => byPort(servers, await namedBy(sentinels));
  const untilMoved = async (from: RedisServer) => {
    await until('another primary', async () => (await primary()) !== from);
    return await primary();
  };
  const failover = async () => {
    const from = await primary();
    // A Sentinel with an outdated view turns a server that another one has just promoted into a replica again.
    for (const { client } of sentinels) await until('the Sentinels to agree', () => seesReplicasOf(client, from.port));
    // It refuses while it knows of no suitable replica.
    await until('a failover', async () => accepts(sentinels[0]?.client.call('SENTINEL', 'FAILOVER', NAME)));
    return await untilMoved(from);
  };
  const close = async () => {
    await Promise.all([...sentinels, ...servers].map((part) => part.close()));
  };
  for (const { client } of sentinels) await until('the Sentinels to know all', () => knowsAll(client));
  await until('the replicas', () => countsOnTwo(first));
  return { name: NAME, servers, sentinels, primary, failover, untilMoved, close };
}

/** Starts a Sentinel that watches a primary; `settings` as in {@link SentinelGroupOptions}. */
export async function startSentinel(
  primaryPort: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<SentinelServer> {
  const { path } = await findRedisServer();
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 5000`,
    `sentinel parallel-syncs ${NAME} 2`,
    ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const server = startProcess({ command: path, args: [file, '--sentinel'] });
  await untilReady(server, [port]);
  const client = new Redis({ port, password: settings['requirepass'], lazyConnect: true, retryStrategy: null });
  return { port, client, ...controlsOf(server, client, folder) };
}

/** Connects a server's client again if necessary: Sentinels close the connections to a server whose role they change. */
export async function connectedClientOf({ client }: RedisServer): Promise<Redis> {
  if (client.status === 'end') await client.connect();
  return client;
}

/** Resolves to the port that the Sentinel with the latest configuration names. */
async function namedBy(sentinels: readonly SentinelServer[]): Promise<number> {
  const views = await Promise.all(
    sentinels.map(async ({ client }) => {
      try {
        const fields = (await client.call('SENTINEL', 'MASTER', NAME)) as string[];
        const [, port] = (await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[];
        return { epoch: Number(fieldOf(fields, 'config-epoch')), port: Number(port) };
      } catch {
        return { epoch: -1, port: 0 };
      }
    }),
  );
  return views.toSorted((left, right) => right.epoch - left.epoch)[0]?.port ?? 0;
}

async function knowsAll(client: Redis): Promise<boolean> {
  const fields = (await client.call('SENTINEL', 'MASTER', NAME)) as string[];
  return fieldOf(fields, 'num-slaves') === '2' && fieldOf(fields, 'num-other-sentinels') === '2';
}

/** Whether the Sentinel, which looks every ten seconds, has seen every replica that is up follow the primary. */
async function seesReplicasOf(client: Redis, primaryPort: number): Promise<boolean> {
  const replicas = (await client.call('SENTINEL', 'REPLICAS', NAME)) as string[][];
  return replicas.every((fields) => {
    if (fieldOf(fields, 'flags')?.includes('down')) return true;
    const follows = [fieldOf(fields, 'role-reported'), fieldOf(fields, 'master-port')];
    return follows.join() === `slave,${primaryPort}`;
  });
}

async function countsOnTwo({ client }: RedisServer): Promise<boolean> {
  return (await client.info('replication')).match(/state=online/g)?.length === 2;
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  return fields[fields.indexOf(name) + 1];
}

function byPort(servers: readonly RedisServer[], port: number): RedisServer {
  const server = servers.find((candidate) => candidate.port === port);
  if (server === undefined) throw new Error(`the Sentinels name port ${port}, which is not in the group`);
  return server;
}

async function accepts(answer: Promise<unknown> | undefined): Promise<boolean> {
  return (
    answer?.then(
      () => true,
      () => false,
    ) ?? false
  );
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + READY_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${READY_MS} ms for ${what}`);
    await wait(50);
  }
}
