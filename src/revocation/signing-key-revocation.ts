import type { Operator } from '../audit/actor.ts';
import type { KeyRing, LivingKey } from '../signing/key-ring.ts';
import type { RevocationWriter } from './revocation-writer.ts';

export interface SigningKeyRevocationParts {
  /** The name of our own issuer. */
  readonly issuer: string;
  /** Our own signing keys and their states. */
  readonly list: () => Promise<readonly LivingKey[]>;
  /** Brings the keys in order; called once the key is revoked. */
  readonly openRing: () => Promise<Pick<KeyRing, 'reconcile'>>;
  readonly revoke: Pick<RevocationWriter, 'revoke'>;
}

export type FoundKey =
  | { readonly outcome: 'found'; readonly key: LivingKey }
  /** The store has other keys only. */
  | { readonly outcome: 'unknown'; readonly kids: readonly string[] };

export type SigningKeyRevoked =
  /** `successor`: the kid of the key that signs in its place; `undefined` if the key did not sign. */
  | { readonly outcome: 'revoked'; readonly successor: string | undefined }
  | (FoundKey & { readonly outcome: 'unknown' });

/** Ends every token that one of our own signing keys signed. If the key is the one that signs, another signs at once. */
export class SigningKeyRevocation {
  private readonly parts: SigningKeyRevocationParts;

  constructor(parts: SigningKeyRevocationParts) {
    this.parts = parts;
  }

  /** For the question that precedes a revocation. */
  async find(kid: string): Promise<FoundKey> {
    const keys = await this.parts.list();
    const found = keys.find(({ key }) => key.kid === kid);
    if (found !== undefined) return { outcome: 'found', key: found };
    return { outcome: 'unknown', kids: keys.map(({ key }) => key.kid) };
  }

  /**
   * Resolves once the store has it. Opens the keys first: nothing is revoked if no other key could sign.
   *
   * @param reason as for {@link RevocationWriter.revoke}.
   */
  async revoke(kid: string, by: Operator, reason?: string): Promise<SigningKeyRevoked> {
    const { issuer, list, openRing, revoke } = this.parts;
    const found = await this.find(kid);
    if (found.outcome === 'unknown') return found;
    const ring = await openRing();
    await revoke.revoke({ kind: 'signing key', issuer, kid }, by, reason);
    await ring.reconcile();
    if (found.key.state !== 'signing') return { outcome: 'revoked', successor: undefined };
    return { outcome: 'revoked', successor: (await list()).find(({ state }) => state === 'signing')?.key.kid };
  }
}
