import { randomBytes } from 'node:crypto';

/**
 * Keys of beats begin with this. It must sort behind the prefixes that are tracked beside it: Redis reports the writes of
 * one turn prefix by prefix in that order, so a beat arrives after the changes it stands for.
 */
export const BEAT_PREFIX = 'sallyport:tracking-beat:';

/** After how many milliseconds Redis removes the key of a beat whose writer is gone. */
export const BEAT_KEPT_MS = 30_000;

/** Milliseconds between two beats: so many that one lost and one late beat do no harm. */
export function beatEveryMs(maxStalenessMs: number): number {
  return Math.min(Math.max(maxStalenessMs / 4, 25), 1_000);
}

/** After how many milliseconds without its echo a beat counts as lost, and the session with it. */
export function beatLostMs(maxStalenessMs: number): number {
  return Math.min(Math.max(maxStalenessMs, 500), 5_000);
}

/**
 * Keys for the beats of one session. Each is used once: Redis also reports a key that expires, is evicted or is deleted,
 * and such a report must not pass for a later write.
 */
export class HeartbeatKeys {
  /**
   * The prefix to track, which one session in 64 shares. With one prefix for all, each session would get the beats of
   * all others; with one for each, Redis would compare every written key with as many prefixes as there are sessions.
   */
  readonly prefix: string;
  private readonly stem: string;
  private count = 0;

  /** `tag` is the hash tag that decides which server of a cluster gets the keys. */
  constructor(tag?: string) {
    this.stem = `${BEAT_PREFIX}${randomBytes(12).toString('base64url')}${tag === undefined ? '' : `{${tag}}`}:`;
    this.prefix = this.stem.slice(0, BEAT_PREFIX.length + 1);
  }

  /** A new key, and the one before it, which the caller removes. */
  next(): { readonly key: string; readonly last: string } {
    const last = `${this.stem}${this.count}`;
    this.count += 1;
    return { key: `${this.stem}${this.count}`, last };
  }
}
