import type { SealedSigningKey, SigningKeyRing } from '../signing/signing-key-store.ts';
import { asNumber, asText, membersOf, parseMembers } from './members.ts';

/** What a ring is kept as: one text, so that it is replaced whole. Nothing but the listed members is ever written. */
export function writeRing({ revision, keys }: SigningKeyRing): string {
  const written = keys.map(
    ({ kid, issuer, algorithm, sealed, createdAtSeconds, signsFromSeconds, longestTokenSeconds }) => {
      return { kid, issuer, algorithm, sealed, createdAtSeconds, signsFromSeconds, longestTokenSeconds };
    },
  );
  return JSON.stringify({ revision, keys: written });
}

/** Reads a ring; without a text the one that there is at first. Throws for what is none. */
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
    kid: asText(members, 'kid'),
    issuer: asText(members, 'issuer'),
    algorithm: asText(members, 'algorithm'),
    sealed: asText(members, 'sealed'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    signsFromSeconds: asNumber(members, 'signsFromSeconds'),
    longestTokenSeconds: asNumber(members, 'longestTokenSeconds'),
  };
}
