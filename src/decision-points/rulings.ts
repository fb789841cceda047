import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Ruling, RulingQuestion, RulingSource } from '../core/condition/ruling.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/request.ts';
import { growingTo } from '../lib/caches/growing-cache.ts';

/** The most rulings to remember: 300 bytes each. */
const MAX_RULINGS = 20_000;

/** A decision point that rulings come from. */
export interface RulingPoint {
  /** How long its rulings hold, in milliseconds. */
  readonly cacheMs: number;
  ask(body: string): Promise<Ruling>;
}

export interface RulingsParts {
  /** By configured name. */
  readonly points: ReadonlyMap<string, RulingPoint>;
  readonly clock: Clock;
}

/** A ruling, and when its question was sent. */
interface Kept {
  readonly ruling: Ruling;
  readonly sent: Instant;
  readonly holdsMs: number;
}

/**
 * The rulings of one configuration. One holds for the same verified credential and the same question only, and ends with
 * the credential: if that is verified again, it is another one. Questions that are equal share one request while it runs.
 */
export class Rulings implements RulingSource {
  private readonly parts: RulingsParts;
  private readonly kept = new LRUCache<string, Kept>(growingTo(MAX_RULINGS));
  private readonly running = new Map<string, Promise<Ruling>>();
  private readonly numbers = new WeakMap<VerifiedCredential, number>();
  private lastNumber = 0;

  constructor(parts: RulingsParts) {
    this.parts = parts;
  }

  find(question: RulingQuestion, { monotonicMs, wallMs }: Instant): Ruling | undefined {
    if (this.holdsMs(question) === 0) return undefined;
    const found = this.kept.get(this.keyOf(question));
    if (found === undefined) return undefined;
    const { sent, holdsMs, ruling } = found;
    // The monotonic clock may stand still while the machine sleeps, and the wall clock may be set back.
    const ageMs = Math.max(monotonicMs - sent.monotonicMs, Math.abs(wallMs - sent.wallMs));
    return ageMs < holdsMs ? ruling : undefined;
  }

  ask(question: RulingQuestion): Promise<Ruling> {
    const key = this.keyOf(question);
    const running = this.running.get(key);
    if (running !== undefined) return running;
    const started = this.askNow(question, key).finally(() => this.running.delete(key));
    this.running.set(key, started);
    return started;
  }

  private async askNow(question: RulingQuestion, key: string): Promise<Ruling> {
    const { points, clock } = this.parts;
    const sent = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    const ruling = await points.get(question.decisionPoint)?.ask(question.body);
    if (ruling === undefined) return { outcome: 'failed', failure: 'not configured' };
    const holdsMs = this.holdsMs(question);
    if (ruling.outcome !== 'failed' && holdsMs > 0) this.kept.set(key, { ruling, sent, holdsMs });
    return ruling;
  }

  /** An opaque token that must be introspected at each decision is another credential each time. */
  private holdsMs({ credential, decisionPoint }: RulingQuestion): number {
    return credential.uncacheable === true ? 0 : (this.parts.points.get(decisionPoint)?.cacheMs ?? 0);
  }

  private keyOf({ credential, decisionPoint, body }: RulingQuestion): string {
    let number = this.numbers.get(credential);
    if (number === undefined) {
      this.lastNumber += 1;
      number = this.lastNumber;
      this.numbers.set(credential, number);
    }
    return `${number} ${decisionPoint} ${hash('sha256', body, 'base64url')}`;
  }
}
