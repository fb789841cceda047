import { steadily } from './pace.ts';
import { Running } from './running.ts';
import { corporate, type Issuer, type Token } from './tokens.ts';
import type { Revocation } from './verdict.ts';
import type { FaultWorld } from './world.ts';

/** How long a token is used before it is revoked, so that both instances have cached it. */
const KNOWN_FOR_MS = 800;
/** How long it is used afterwards: longer than the bound. */
const WATCHED_FOR_MS = 3_000;

export interface RevocationsParts {
  readonly world: FaultWorld;
  readonly issuer: Issuer;
  /** Tokens that the issuer can revoke. */
  readonly own: readonly Token[];
  readonly perSecond: number;
}

/** A token in use, from before its revocation until long after it. */
interface Watched {
  readonly token: Token;
  endsAtMs: number;
}

/** A stream of revocations, alternately by the API at A and by an operator in Redis. */
export class Revocations {
  readonly all: (Revocation & { readonly token: Token })[] = [];
  private readonly parts: RevocationsParts;
  private readonly own: Token[];
  private readonly running = new Running();
  private readonly knownFirst: Watched[] = [];
  private inUse: Watched[] = [];
  private cursor = 0;
  private count = 0;
  private isPaused = false;
  private stopPace: (() => void) | undefined;

  constructor(parts: RevocationsParts) {
    this.parts = parts;
    this.own = [...parts.own];
  }

  start(): void {
    const { perSecond } = this.parts;
    this.stopPace = steadily(perSecond, () => {
      if (this.isPaused) return;
      this.use();
      if (this.knownFirst.length > (KNOWN_FOR_MS / 1_000) * perSecond) this.revokeNext();
    });
  }

  /** Returns the next token in use, in turn; `undefined` without one. */
  next(): Token | undefined {
    this.cursor = (this.cursor + 1) % Math.max(this.inUse.length, 1);
    return this.inUse[this.cursor]?.token;
  }

  get acknowledged() {
    return this.all.filter(({ isAcknowledged }) => isAcknowledged);
  }

  /** When A last refused a revocation; 0 if it did not. */
  get lastFailureMs(): number {
    return this.all.findLast(({ way, isAcknowledged }) => way === 'api' && !isAcknowledged)?.endedMs ?? 0;
  }

  get oldestMs(): number {
    return this.running.oldestMs;
  }

  pause(): void {
    this.isPaused = true;
  }

  /** @param byHandAlone whether the API revokes no further tokens. */
  resume(byHandAlone: boolean): void {
    this.isPaused = false;
    if (!byHandAlone) return;
    this.own.length = 0;
    this.knownFirst.length = 0;
  }

  /** Starts no more; resolves once every open revocation has finished. */
  async stop(): Promise<void> {
    this.stopPace?.();
    await this.running.end();
  }

  /** Starts to use the next token, and drops those that were watched for long enough. */
  private use(): void {
    const isApi = this.count++ % 2 === 0;
    const token = (isApi ? this.own.shift() : undefined) ?? corporate(this.parts.world);
    const watched = { token, endsAtMs: Number.POSITIVE_INFINITY };
    this.inUse = [...this.inUse.filter(({ endsAtMs }) => endsAtMs > performance.now()), watched];
    this.knownFirst.push(watched);
  }

  private revokeNext(): void {
    const watched = this.knownFirst.shift();
    if (watched === undefined) return;
    this.running.add(this.revoke(watched));
  }

  private async revoke(watched: Watched): Promise<void> {
    const { world, issuer, own } = this.parts;
    const { token } = watched;
    const way = own.includes(token) ? 'api' : 'hand';
    const sentMs = performance.now();
    const done = way === 'api' ? issuer.revoke(token) : world.truth.revoke(token.key);
    // A revocation that was not acknowledged may or may not have taken effect.
    const answer = await done.catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    const isAcknowledged = answer === 204 || answer === 'OK';
    const endedMs = performance.now();
    this.all.push({ id: token.id, way, sentMs, endedMs, answer, isAcknowledged, token });
    watched.endsAtMs = endedMs + WATCHED_FOR_MS;
  }
}
