import type { SealedSigningKey, SigningKeyRing } from '../signing/signing-key-store.ts';
import { asNumber, asString, membersOf, parseMembers } from './members.ts';

/** Returns a ring as one string, which stores replace as a whole. Writes only the listed members. */
export function writeRing({ revision, keys }: SigningKeyRing): string {
  const written = keys.map(
    ({ kid, issuer, algorithm, sealed, createdAtSeconds, signsFromSeconds, longestTokenSeconds }) => {
      return { kid, issuer, algorithm, sealed, createdAtSeconds, signsFromSeconds, longestTokenSeconds };
    },
  );
  return JSON.stringify({ revision, keys: written });
}

/** Parses a ring; returns an empty one for `undefined`. Throws if the text is not a ring. */
export function readRing(text: string | undefined): SigningKeyRing {
  if (text === undefined) return { revision: 0, keys: [] };
  const ring = parseMembers(text);
  const { keys } = ring;
  if (!Array.isArray(keys)) throw new Error('the signing keys are not a list');
  return { revision: asNumber(ring, 'revision'), keys: keys.map(toSigningKey) };
}

function toSigningKey(written: unknown): SealedSigningKey {
  const members = membersOf(written);
  return {
    kid: asString(members, 'kid'),
    issuer: asString(members, 'issuer'),
    algorithm: asString(members, 'algorithm'),
    sealed: asString(members, 'sealed'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    signsFromSeconds: asNumber(members, 'signsFromSeconds'),
    longestTokenSeconds: asNumber(members, 'longestTokenSeconds'),
  };
}
