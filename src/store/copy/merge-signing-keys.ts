import type { SealedSigningKey, SigningKeyStore } from '../../signing/signing-key-store.ts';

/** Gives an issuer its keys, all of them or none: where it has others, nobody could say which of them sign. */
export async function mergeSigningKeys(
  store: SigningKeyStore,
  issuer: string,
  added: readonly SealedSigningKey[],
): Promise<{ readonly written: number; readonly kept: number; readonly conflicts: readonly string[] }> {
  const ring = await store.read(issuer);
  if (ring.keys.length === 0) {
    if (await store.replace(issuer, ring.revision, added)) return { written: added.length, kept: 0, conflicts: [] };
    // Somebody made keys at this moment.
    return mergeSigningKeys(store, issuer, added);
  }
  const standing = new Set(ring.keys.map(({ kid }) => kid));
  const missing = added.filter(({ kid }) => !standing.has(kid));
  const conflicts = missing.map(
    ({ kid }) =>
      `signing key ${kid}: ${issuer} has keys of its own; it was left out, and its tokens do not verify here`,
  );
  return { written: 0, kept: added.length - missing.length, conflicts };
}
