import type { SealedSigningKey, SigningKeyStore } from '../../signing/signing-key-store.ts';

/** Writes the keys of an issuer, unless it has keys already: two merged sets would not say which key signs. */
export async function mergeSigningKeys(
  store: SigningKeyStore,
  issuer: string,
  added: readonly SealedSigningKey[],
): Promise<{ readonly written: number; readonly kept: number; readonly conflicts: readonly string[] }> {
  const ring = await store.read(issuer);
  if (ring.keys.length === 0) {
    if (await store.replace(issuer, ring.revision, added)) return { written: added.length, kept: 0, conflicts: [] };
    // Another process created keys in the meantime.
    return mergeSigningKeys(store, issuer, added);
  }
  const existing = new Set(ring.keys.map(({ kid }) => kid));
  const missing = added.filter(({ kid }) => !existing.has(kid));
  const conflicts = missing.map(
    ({ kid }) =>
      `signing key ${kid}: issuer ${issuer} has other keys; the key was left out, and its tokens do not verify here`,
  );
  return { written: 0, kept: added.length - missing.length, conflicts };
}
