import { connectedClientOf, type SentinelGroup, startSentinelGroup } from '../support/redis/sentinel.ts';
import { storeOf } from '../support/servers/stores.ts';
import type { Truth, Way } from './truth.ts';

/** How long a replica may take to confirm an operator's write. */
const CONFIRMED_MS = 1_000;

/** A primary with two replicas behind Sentinels. `minReplicas` replicas hold every acknowledged write. */
export class SentinelRedis implements Truth {
  readonly group: SentinelGroup;
  private readonly minReplicas: number;

  constructor(group: SentinelGroup, minReplicas: number) {
    this.group = group;
    this.minReplicas = minReplicas;
  }

  static async start(minReplicas: number): Promise<SentinelRedis> {
    return new SentinelRedis(await startSentinelGroup(), minReplicas);
  }

  async connect(): Promise<Way> {
    const store = { ...storeOf(this.group), minReplicas: this.minReplicas };
    return { store, close: async () => undefined };
  }

  async revoke(key: string): Promise<string> {
    const client = await connectedClientOf(await this.group.primary());
    const [written, held] = (await client.pipeline().set(key, '').wait(this.minReplicas, CONFIRMED_MS).exec()) ?? [];
    const failure = written?.[0] ?? held?.[0];
    if (failure) throw failure;
    return Number(held?.[1]) >= this.minReplicas ? 'OK' : `held by ${String(held?.[1])} replicas`;
  }

  async holds(key: string): Promise<boolean> {
    const client = await connectedClientOf(await this.group.primary());
    return (await client.exists(key)) === 1;
  }

  async close(): Promise<void> {
    await this.group.close();
  }
}
