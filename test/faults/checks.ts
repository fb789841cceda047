import { steadily } from './pace.ts';
import type { Revocations } from './revocations.ts';
import { Running } from './running.ts';
import { corporate, sendMessage, type Token } from './tokens.ts';
import { type Check, PASSED } from './verdict.ts';
import { type FaultWorld, SIDES, type Side } from './world.ts';

export interface ChecksParts {
  readonly world: FaultWorld;
  /** Tokens that are never revoked and that both instances have cached. */
  readonly known: readonly Token[];
  readonly revocations: Revocations;
  /** At each side. */
  readonly perSecond: number;
}

/** A stream of requests through both Envoys. */
export class Checks {
  readonly all: Check[] = [];
  private readonly parts: ChecksParts;
  private readonly running = new Running();
  private stopPace: (() => void) | undefined;
  private count = 0;

  constructor(parts: ChecksParts) {
    this.parts = parts;
  }

  start(): void {
    this.stopPace = steadily(this.parts.perSecond, () => {
      this.count += 1;
      for (const side of SIDES) this.begin(side);
    });
  }

  /** When the last response arrived that denied a good token; 0 if none did. */
  get lastFailureMs(): number {
    return this.all.findLast(({ kind, status }) => kind !== 'watched' && status !== PASSED)?.endedMs ?? 0;
  }

  get oldestMs(): number {
    return this.running.oldestMs;
  }

  /** Stops sending; resolves once every open request has finished. */
  async stop(): Promise<void> {
    this.stopPace?.();
    await this.running.end();
  }

  /** Of ten requests, one has a new token, four a good one, and five one that will soon be or was revoked. */
  private begin(side: Side): void {
    const { world, known, revocations } = this.parts;
    const turn = this.count % 10;
    if (turn === 0) return this.check(side, 'fresh', corporate(world));
    const token = turn % 2 === 0 ? known[(this.count / 2) % known.length] : revocations.next();
    if (token !== undefined) this.check(side, turn % 2 === 0 ? 'known' : 'watched', token);
  }

  private check(side: Side, kind: Check['kind'], token: Token): void {
    const sentMs = performance.now();
    const sent = sendMessage(this.parts.world, side, token).then(({ status, body, isKept }) => {
      this.all.push({ side, kind, id: token.id, sentMs, endedMs: performance.now(), status, body, isKept });
    });
    this.running.add(sent);
  }
}
