/** What Authorize answered, as far as it matters here. */
export interface Answer {
  readonly allowed: boolean;
  /** A report of WatchRevocations that names one of these ends the answer. */
  readonly revocation_keys: readonly string[];
  /** For how long it may be kept while WatchRevocations vouches for it; 0 for a denial. */
  readonly watched_keep_ms: number;
}

/** A proof of freshness from WatchRevocations. */
export interface Beat {
  readonly elapsed_ms: number;
  readonly feed_age_ms: number;
  readonly max_staleness_ms: number;
}

/** A moment by both clocks: the monotonic one stands still while the machine is suspended; the wall clock can be set. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** One stream of WatchRevocations. */
export interface Watch {
  /** Just before its request was sent. */
  readonly sentAt: Moment;
  /** When its first beat arrived: every later change is reported on it. */
  firstBeat: Moment | undefined;
  /** Every revocation that was acknowledged before this moment has been reported on it. */
  completeUpTo: Moment;
}

/** The share of the time by which Sallyport's clock and ours may drift apart. */
const DRIFT = 0.001;
/** No answer is kept for longer, whatever it says, so reports need not be remembered for longer. */
const LONGEST_MS = 60_000;
/** Bounds the memory: about 1 KB each. */
const MOST = 100_000;

/**
 * Keeps allows of Authorize. None is found later than `max_staleness_ms` after a revocation that ends it was
 * acknowledged, whatever fails: Sallyport, the network, or this process, which may be suspended.
 */
export class KeptAnswers<Kept extends Answer = Answer> {
  readonly now: () => Moment;
  private readonly answers = new Map<string, { readonly answer: Kept; readonly askedAt: Moment }>();
  /** When a key was last reported. */
  private readonly reportedMs = new Map<string, number>();
  /** From this moment on, no report has been missed. */
  private sinceMs = 0;
  /** The stream that vouches for the answers. */
  private trusted: Watch | undefined;
  private maxStalenessMs = 0;

  constructor(now = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() })) {
    this.now = now;
  }

  find(question: string): Kept | undefined {
    const kept = this.answers.get(question);
    if (kept === undefined || this.trusted === undefined) return undefined;
    if (this.passedMs(this.trusted.completeUpTo) > this.maxStalenessMs) return undefined;
    const { answer, askedAt } = kept;
    if (this.passedMs(askedAt) >= Math.min(answer.watched_keep_ms * (1 - DRIFT), LONGEST_MS)) return undefined;
    // The instance that answered may have learnt of a change later than the one that reports to us: by so much at most.
    const knownMs = askedAt.monotonicMs - this.maxStalenessMs;
    const isReported = answer.revocation_keys.some((key) => (this.reportedMs.get(key) ?? -1) >= knownMs);
    return isReported || this.sinceMs > knownMs ? undefined : answer;
  }

  /** @param askedAt just before the call was sent. */
  keep(question: string, askedAt: Moment, answer: Kept): void {
    if (!answer.allowed || answer.watched_keep_ms <= 0) return;
    if (this.answers.size >= MOST) this.answers.clear();
    this.answers.set(question, { answer, askedAt });
  }

  /** Call this just before the request of a stream is sent. */
  opens(): Watch {
    const never = { monotonicMs: Number.NEGATIVE_INFINITY, wallMs: Number.NEGATIVE_INFINITY };
    return { sentAt: this.now(), firstBeat: undefined, completeUpTo: never };
  }

  /** These entries have changed: answers that rest on them must be asked for again. */
  changed(keys: readonly string[]): void {
    const { monotonicMs } = this.now();
    for (const key of keys) this.reportedMs.set(key, monotonicMs);
    if (this.reportedMs.size > MOST) this.reset();
  }

  /** Reports may have been missed. */
  reset(): void {
    this.answers.clear();
    this.reportedMs.clear();
    this.sinceMs = this.now().monotonicMs;
  }

  beat(watch: Watch, { elapsed_ms, feed_age_ms, max_staleness_ms }: Beat): void {
    const now = this.now();
    const laterMs = elapsed_ms * (1 - DRIFT) - feed_age_ms * (1 + DRIFT);
    const { sentAt } = watch;
    watch.completeUpTo = { monotonicMs: sentAt.monotonicMs + laterMs, wallMs: sentAt.wallMs + laterMs };
    watch.firstBeat ??= now;
    this.maxStalenessMs = max_staleness_ms;
    for (const [key, atMs] of this.reportedMs) {
      if (now.monotonicMs - atMs > LONGEST_MS + max_staleness_ms) this.reportedMs.delete(key);
    }
    if (this.trusted === undefined) {
      this.trusted = watch;
      this.reset();
    } else if (isFollowedBy(this.trusted, watch)) {
      this.trusted = watch;
    }
  }

  /** A stream has ended, for whatever reason. */
  ended(watch: Watch): void {
    if (this.trusted !== watch) return;
    this.trusted = undefined;
    this.reset();
  }

  private passedMs({ monotonicMs, wallMs }: Moment): number {
    const now = this.now();
    return Math.max(now.monotonicMs - monotonicMs, now.wallMs - wallMs);
  }
}

/** Whether a newer stream may take over: the former one has reported all that happened before the newer one began. */
function isFollowedBy({ sentAt, completeUpTo }: Watch, newer: Watch): boolean {
  if (newer.firstBeat === undefined || newer.sentAt.monotonicMs <= sentAt.monotonicMs) return false;
  const { monotonicMs, wallMs } = newer.firstBeat;
  return completeUpTo.monotonicMs >= monotonicMs && completeUpTo.wallMs >= wallMs;
}
