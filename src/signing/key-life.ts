import type { OwnIssuer } from '../config/config.ts';
import { entryExpirySeconds } from '../revocation-set/entry.ts';
import type { SealedSigningKey } from './signing-key-store.ts';

/**
 * How long a new key is published before it signs, and what that time is for. All of it follows from
 * `signing.publishAhead`:
 *
 * | part | for |
 * |---|---|
 * | 1/2 | readers of the JWKS: they may keep it for this long |
 * | 1/10, at most a minute | instances, which read the keys again that often; one that meets an unknown `kid` does at once |
 * | the rest, 2/5 at least | clocks that differ: the configuration asks for 2 × `clockSkew` |
 */
export interface KeyTimes {
  readonly publishAheadSeconds: number;
  readonly clockSkewMs: number;
}

/** How long readers of the JWKS may keep it. */
export function keySetMaxAgeSeconds({ publishAheadSeconds }: Pick<KeyTimes, 'publishAheadSeconds'>): number {
  return Math.floor(publishAheadSeconds / 2);
}

/** Longest wait of an instance before it reads the keys again unasked. */
export function rereadMs({ publishAheadSeconds }: Pick<KeyTimes, 'publishAheadSeconds'>): number {
  return Math.min(publishAheadSeconds * 100, 60_000);
}

/** Where a key is in its life. All three are published, and all three verify. */
export type KeyState = 'waiting' | 'signing' | 'retired';

export interface KeyLife {
  readonly state: KeyState;
  /** Unix seconds since when it is in this state. */
  readonly sinceSeconds: number;
  /** Unix seconds until when; `undefined` where nothing is to follow it. */
  readonly untilSeconds: number | undefined;
}

type Times = Pick<SealedSigningKey, 'kid' | 'createdAtSeconds' | 'signsFromSeconds' | 'longestTokenSeconds'>;

/** In the order in which they sign, the same for everybody. */
export function inOrder<Key extends Times>(keys: readonly Key[]): Key[] {
  return keys.toSorted(
    (left, right) =>
      left.signsFromSeconds - right.signsFromSeconds ||
      left.createdAtSeconds - right.createdAtSeconds ||
      (left.kid < right.kid ? -1 : 1),
  );
}

/**
 * The key that signs at a moment: the last one whose time has come. A clock that is behind all of them takes the first:
 * some key always signs where there is one.
 */
export function signingAt<Key extends Times>(keys: readonly Key[], nowSeconds: number): Key | undefined {
  const ordered = inOrder(keys);
  return ordered.findLast(({ signsFromSeconds }) => signsFromSeconds <= nowSeconds) ?? ordered[0];
}

/** The life of each key, in the order in which they sign. `longestTokenSeconds` is the configuration's. */
export function livesOf<Key extends Times>(
  keys: readonly Key[],
  nowSeconds: number,
  { longestTokenSeconds, clockSkewMs }: { readonly longestTokenSeconds: number; readonly clockSkewMs: number },
): readonly (KeyLife & { readonly key: Key })[] {
  const ordered = inOrder(keys);
  const signing = signingAt(ordered, nowSeconds);
  const at = signing === undefined ? -1 : ordered.indexOf(signing);
  return ordered.map((key, index) => {
    const next = ordered[index + 1];
    if (index > at)
      return { key, state: 'waiting', sinceSeconds: key.createdAtSeconds, untilSeconds: key.signsFromSeconds };
    if (index === at || next === undefined) {
      return { key, state: 'signing', sinceSeconds: key.signsFromSeconds, untilSeconds: next?.signsFromSeconds };
    }
    // The limit may have been changed while it signed.
    const longest = Math.max(key.longestTokenSeconds, next.longestTokenSeconds, longestTokenSeconds);
    const untilSeconds = entryExpirySeconds(next.signsFromSeconds + longest, clockSkewMs);
    return { key, state: 'retired', sinceSeconds: next.signsFromSeconds, untilSeconds };
  });
}

/** A login token's life is always this (contract section 4), whatever the configuration says of others. */
export const LOGIN_SECONDS = 3_600;

/** The longest life that a token of ours can be given now. */
export function longestTokenSeconds({ ttl }: Pick<OwnIssuer, 'ttl'>): number {
  return Math.max(LOGIN_SECONDS, ...Object.values(ttl));
}
