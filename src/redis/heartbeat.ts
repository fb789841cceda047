import { randomBytes } from 'node:crypto';

/**
 * Keys of beats begin with this. It must sort behind the prefixes that are tracked beside it: Redis reports the writes of
 * one turn prefix by prefix in that order, so a beat arrives after the changes it stands for.
 */
export const BEAT_PREFIX = 'sallyport:tracking-beat:';

/** How long a beat's key may outlive the instance that wrote it, in milliseconds. */
export const BEAT_KEPT_MS = 30_000;

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
export class HeartbeatKeys {
  /**
   * What tracks these beats, and those of one session in 64. Were it the same for all, each session would be told of
   * everybody's beats; were it each one's own, Redis would walk through as many prefixes at every write to any key.
   */
  readonly prefix: string;
  private readonly stem: string;
  private count = 0;

  /** `tag`: the hash tag that decides which server of a cluster they go to. */
  constructor(tag?: string) {
    this.stem = `${BEAT_PREFIX}${randomBytes(12).toString('base64url')}${tag === undefined ? '' : `{${tag}}`}:`;
    this.prefix = this.stem.slice(0, BEAT_PREFIX.length + 1);
  }

  /** A new key, and the one before it, to be removed. */
  next(): { readonly key: string; readonly last: string } {
    const last = `${this.stem}${this.count}`;
    this.count += 1;
    return { key: `${this.stem}${this.count}`, last };
  }
}
