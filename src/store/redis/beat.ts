import { randomBytes } from 'node:crypto';

/**
 * Keys of beats begin with this. Under a prefix that is tracked, and no revocation is ever read from there: kinds of
 * entries end with the second colon, and `revoked-beat` is none of them.
 */
export const BEAT_PREFIX = 'sallyport:revoked-beat:';

/** How long a beat's key may outlive the instance that wrote it, in milliseconds. */
export const BEAT_KEPT_MS = 30_000;

/** What is tracked: every key of the revocation set begins with one of these, and the beats. */
export const TRACKED_PREFIXES = ['sallyport:revoked', 'sallyport:notbefore'] as const;

/** Milliseconds between two beats: a lost one, and a late one, leave the feed fresh enough. */
export function beatEveryMs(maxStalenessMs: number): number {
  return Math.min(Math.max(maxStalenessMs / 4, 25), 1_000);
}

/** After how many milliseconds without its echo a beat is taken for lost, and the feed with it. */
export function beatLostMs(maxStalenessMs: number): number {
  return Math.min(Math.max(maxStalenessMs, 500), 5_000);
}

/**
 * Names for the beats of one session, each used once: a key that expires, is evicted or deleted is told of as well, and
 * must not be taken for a write that came after it.
 */
export class BeatKeys {
  private readonly stem = `${BEAT_PREFIX}${randomBytes(12).toString('base64url')}:`;
  private count = 0;

  /** A new key, and the one before it, to be removed. */
  next(): { readonly key: string; readonly last: string } {
    const last = `${this.stem}${this.count}`;
    this.count += 1;
    return { key: `${this.stem}${this.count}`, last };
  }
}
