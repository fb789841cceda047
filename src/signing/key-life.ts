import type { OwnIssuer } from '../config/issuer-config.ts';
import { entryExpirySeconds } from '../revocation-set/entry.ts';
import type { SealedSigningKey } from './signing-key-store.ts';

/**
 * A new key is published for `signing.publishAhead` before it signs. This time has three parts:
 *
 * | part | purpose |
 * |---|---|
 * | 1/2 | readers can cache the JWKS for this long |
 * | 1/10, at most a minute | instances read the keys again this often, and at once if they see an unknown `kid` |
 * | the rest, at least 2/5 | clocks may differ: the configuration requires at least 2 × `clockSkew` |
 */
export interface KeyTimes {
  readonly publishAheadSeconds: number;
  readonly clockSkewMs: number;
}

/** Returns how long readers may cache the JWKS, in seconds. */
export function keySetMaxAgeSeconds({ publishAheadSeconds }: Pick<KeyTimes, 'publishAheadSeconds'>): number {
  return Math.floor(publishAheadSeconds / 2);
}

/** Returns the longest interval between two reads of the keys by an instance, in milliseconds. */
export function rereadMs({ publishAheadSeconds }: Pick<KeyTimes, 'publishAheadSeconds'>): number {
  return Math.min(publishAheadSeconds * 100, 60_000);
}

/** The state of a key. In all three states a key is published and verifies tokens. */
export type KeyState = 'waiting' | 'signing' | 'retired';

export interface KeyLife {
  readonly state: KeyState;
  /** When the key entered this state, in Unix seconds. */
  readonly sinceSeconds: number;
  /** When it leaves this state, in Unix seconds; `undefined` if no key follows it. */
  readonly untilSeconds: number | undefined;
}

type Times = Pick<SealedSigningKey, 'kid' | 'createdAtSeconds' | 'signsFromSeconds' | 'longestTokenSeconds'>;

/** Returns the keys in the order in which they sign, which is the same on every instance. */
export function inOrder<Key extends Times>(keys: readonly Key[]): Key[] {
  return keys.toSorted(
    (left, right) =>
      left.signsFromSeconds - right.signsFromSeconds ||
      left.createdAtSeconds - right.createdAtSeconds ||
      (left.kid < right.kid ? -1 : 1),
  );
}

/**
 * Returns the key that signs at a given time: the last one that has started to sign. If the clock is behind all of
 * them, returns the first, so that there is a key to sign with unless the list is empty.
 */
export function signingAt<Key extends Times>(keys: readonly Key[], nowSeconds: number): Key | undefined {
  const ordered = inOrder(keys);
  return ordered.findLast(({ signsFromSeconds }) => signsFromSeconds <= nowSeconds) ?? ordered[0];
}

/**
 * Returns the state of each key, in the order in which they sign.
 *
 * @param limits `longestTokenSeconds`: the longest lifetime that the configuration allows now.
 */
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
    if (index > at) {
      return { key, state: 'waiting', sinceSeconds: key.createdAtSeconds, untilSeconds: key.signsFromSeconds };
    }
    if (index === at || next === undefined) {
      return { key, state: 'signing', sinceSeconds: key.signsFromSeconds, untilSeconds: next?.signsFromSeconds };
    }
    // The limit may have changed while the key signed.
    const longest = Math.max(key.longestTokenSeconds, next.longestTokenSeconds, longestTokenSeconds);
    const untilSeconds = entryExpirySeconds(next.signsFromSeconds + longest, clockSkewMs);
    return { key, state: 'retired', sinceSeconds: next.signsFromSeconds, untilSeconds };
  });
}

/** The lifetime of a login token (contract section 4). It is not configurable. */
export const LOGIN_SECONDS = 3_600;

/** Returns the longest lifetime that one of our own tokens can have now, in seconds. */
export function longestTokenSeconds({ ttl }: Pick<OwnIssuer, 'ttl'>): number {
  return Math.max(LOGIN_SECONDS, ...Object.values(ttl));
}
