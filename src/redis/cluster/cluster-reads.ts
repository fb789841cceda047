import type { StringPair, StringReading, StringReads } from '../batched-reads.ts';
import { BatchedReads } from '../batched-reads.ts';
import { valueOf } from '../command.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterPrimary } from './cluster-primary.ts';
import type { ClusterRouterParts } from './cluster-router.ts';
import { AGREEMENT_MS, ClusterReader, mustServe } from './cluster-router.ts';
import type { PartKeys } from './part-keys.ts';
import { slotOf } from './slot.ts';
import { redirectOf } from './slot-redirect.ts';

/** For each primary, the positions of the keys of one read that it serves. */
type Parts = ReadonlyMap<ClusterPrimary, readonly number[]>;

/** Reads strings from all primaries that serve the keys, with one batch each, as {@link BatchedReads} does from one. */
export class ClusterReads implements StringReads {
  private readonly cluster: Cluster;
  private readonly limitMs: number;
  private readonly reader: ClusterReader;
  private readonly partKeys: PartKeys;
  private readonly batches = new WeakMap<ClusterPrimary, BatchedReads>();

  /** `partKeys` are the witnesses. */
  constructor(parts: ClusterRouterParts, partKeys: PartKeys) {
    this.partKeys = partKeys;
    this.cluster = parts.cluster;
    this.limitMs = parts.limitMs;
    this.reader = new ClusterReader(parts);
  }

  async read(keys: readonly string[]): Promise<StringReading> {
    if (keys.length === 0) return { values: [], witnesses: [] };
    try {
      return await this.cluster.during(() => this.readTogether(keys));
    } catch (error) {
      // A slot is migrating.
      if (redirectOf(error) === undefined) throw error;
      return await this.readApart(keys);
    }
  }

  private async readTogether(keys: readonly string[]): Promise<StringReading> {
    const nowMs = performance.now();
    const untilMs = nowMs + this.limitMs;
    const parts = await this.partsOf(keys, untilMs);
    const values: (string | undefined)[] = [];
    const witnesses: StringPair[] = [];
    const readPart = async ([primary, indexes]: readonly [ClusterPrimary, readonly number[]]): Promise<void> => {
      const reading = await this.batchesOf(primary).read(indexes.map((index) => keys[index] ?? ''));
      indexes.forEach((index, at) => (values[index] = reading.values[at]));
      witnesses.push(...reading.witnesses);
    };
    const agreed = this.cluster.agreed(nowMs - AGREEMENT_MS, untilMs);
    const [agreement] = await Promise.all([agreed, ...[...parts].map(readPart)]);
    for (const [primary, indexes] of parts) {
      mustServe(
        primary,
        indexes.map((index) => slotOf(keys[index] ?? '')),
        agreement,
      );
    }
    return { values, witnesses };
  }

  private async partsOf(keys: readonly string[], untilMs: number): Promise<Parts> {
    const serving = await Promise.all(keys.map((key) => this.cluster.serving(slotOf(key), untilMs)));
    return Map.groupBy(keys.keys(), (index) => serving[index] as ClusterPrimary);
  }

  private batchesOf(primary: ClusterPrimary): BatchedReads {
    const witnessesOf = (keys: readonly string[]): readonly string[] => this.partKeys.vouchingFor(keys, primary.slots);
    const batches = this.batches.get(primary) ?? new BatchedReads(primary.reads, witnessesOf);
    this.batches.set(primary, batches);
    return batches;
  }

  /** Reads each key by itself and then the witnesses of the parts that the keys belong to. */
  private async readApart(keys: readonly string[]): Promise<StringReading> {
    const values = await Promise.all(keys.map((key) => this.readAlone(key)));
    const partKeys = [...new Set(keys.map((key) => this.partKeys.of(slotOf(key))))];
    return { values, witnesses: await Promise.all(partKeys.map(async (key) => [key, await this.readAlone(key)])) };
  }

  private async readAlone(key: string): Promise<string | undefined> {
    const [answer] = await this.reader.askAll([['get', key]]);
    return answer && valueOf(answer);
  }
}
