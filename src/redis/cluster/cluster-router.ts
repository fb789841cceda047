import { setTimeout as wait } from 'node:timers/promises';
import type { Answers, Command, KeyCommand, RawCommand } from '../command.ts';
import { keyOf } from '../command.ts';
import type { ServerLabel } from '../failure.ts';
import { fault, storeErrorFrom } from '../failure.ts';
import type { RedisReader, RedisWriter } from '../redis-client.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterPrimary } from './cluster-primary.ts';
import type { QuorumView } from './quorum-view.ts';
import { ownerOf } from './quorum-view.ts';
import { slotOf } from './slot.ts';
import { redirectOf } from './slot-redirect.ts';

/** How old the majority that confirms a read may be, in milliseconds: far less than any `maxStaleness`. */
export const AGREEMENT_MS = 25;
const PAUSE_MS = 10;

export interface ClusterRouterParts {
  readonly cluster: Cluster;
  /** Longest wait for an answer, redirects included. */
  readonly limitMs: number;
}

/** Sends something to a primary, on one of its connections; `isAsking` as `CommandSender.send` takes it. */
type Put<T> = (primary: ClusterPrimary, isAsking: boolean) => Promise<T>;

/** What is known when a command is sent. */
interface Terms {
  readonly slot: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * Sends commands to the primary that serves a key. It follows redirects, because a redirected command was not carried
 * out; it repeats nothing else. An answer counts only if a majority of the primaries reports, at that time, that the
 * sender serves the slot: a primary that was suspended or cut off may have been replaced without knowing it.
 */
abstract class ClusterRouter {
  readonly place: ServerLabel;
  protected readonly cluster: Cluster;
  private readonly limitMs: number;

  constructor({ cluster, limitMs }: ClusterRouterParts) {
    this.place = cluster.place;
    this.cluster = cluster;
    this.limitMs = limitMs;
  }

  /** `attempt` rejects with a redirect if it may be repeated. */
  protected async serving<T>(key: string, attempt: (primary: ClusterPrimary, terms: Terms) => Promise<T>): Promise<T> {
    return await this.cluster.during(async () => {
      const slot = slotOf(key);
      const untilMs = performance.now() + this.limitMs;
      for (let sinceMs = performance.now() - AGREEMENT_MS; ; sinceMs = performance.now()) {
        const primary = await this.cluster.serving(slot, untilMs);
        try {
          return await attempt(primary, { slot, sinceMs, untilMs });
        } catch (error) {
          if (redirectOf(error) === undefined || performance.now() + PAUSE_MS > untilMs) throw error;
        }
        await wait(PAUSE_MS);
        await this.cluster.agreed(performance.now(), untilMs);
      }
    });
  }

  /** Sends to a primary, or to the one that the slot is migrating to. */
  protected async follow<T>(put: Put<T>, primary: ClusterPrimary): Promise<T> {
    try {
      return await put(primary, false);
    } catch (error) {
      const redirect = redirectOf(error);
      const next = redirect?.kind === 'ask' ? this.cluster.at(redirect.to) : undefined;
      if (next === undefined) throw error;
      return await put(next, true);
    }
  }
}

/** What a decision may wait for. */
export class ClusterReader extends ClusterRouter implements RedisReader {
  async ask(command: Command): Promise<unknown> {
    return await this.current(({ reads }, isAsking) => reads.ask(command, isAsking), keyOf(command));
  }

  async askAll(commands: readonly [KeyCommand, ...RawCommand[]]): Promise<Answers> {
    return await this.current(({ reads }, isAsking) => reads.askAll(commands, isAsking), keyOf(commands[0]));
  }

  private async current<T>(put: Put<T>, key: string): Promise<T> {
    return await this.serving(key, async (primary, { slot, sinceMs, untilMs }) => {
      const [answer, agreement] = await Promise.all([this.follow(put, primary), this.cluster.agreed(sinceMs, untilMs)]);
      mustServe(primary, [slot], agreement);
      return answer;
    });
  }
}

/** For writes, and for reads that may take as long. A majority confirms the sender after each answer. */
export class ClusterWriter extends ClusterRouter implements RedisWriter {
  async ask(command: Command): Promise<unknown> {
    return await this.settled(({ confirmed }, isAsking) => confirmed.ask(command, isAsking), keyOf(command));
  }

  async askAll(commands: readonly [KeyCommand, ...RawCommand[]]): Promise<Answers> {
    return await this.settled(({ confirmed }, isAsking) => confirmed.askAll(commands, isAsking), keyOf(commands[0]));
  }

  async write(command: Command): Promise<unknown> {
    return await this.settled(({ confirmed }, isAsking) => confirmed.write(command, isAsking), keyOf(command));
  }

  private async settled<T>(put: Put<T>, key: string): Promise<T> {
    return await this.serving(key, async (primary, { slot, untilMs }) => {
      const answer = await this.follow(put, primary);
      const agreement = await this.cluster.agreed(performance.now(), untilMs);
      if (!doesServe(primary, slot, agreement)) throw storeErrorFrom(primary.place, fault('REPLACED'));
      return answer;
    });
  }
}

/** Throws a redirect if another primary serves one of the slots, or may do so at any moment. */
export function mustServe(primary: ClusterPrimary, slots: readonly number[], agreement: QuorumView): void {
  if (!slots.every((slot) => doesServe(primary, slot, agreement))) throw storeErrorFrom(primary.place, fault('STALE'));
}

function doesServe({ node }: ClusterPrimary, slot: number, agreement: QuorumView): boolean {
  return ownerOf(agreement, slot)?.id === node.id && !agreement.failed.has(node.id);
}
