import { createHmac } from 'node:crypto';

const PURPOSE = 'sallyport dpop nonce ';

/**
 * Nonces for DPoP proofs (RFC 9449, section 8). They are stateless: a keyed hash of the time, so that all instances with
 * the same secret make and accept the same ones. A nonce is accepted for between half of the lifetime and all of it, and
 * also a little before its time, since another instance's clock may be ahead.
 */
export class Nonces {
  private readonly secret: Uint8Array;
  private readonly slotMs: number;
  private readonly made = new Map<number, string>();

  constructor(secret: Uint8Array, lifetimeMs: number) {
    this.secret = secret;
    this.slotMs = lifetimeMs / 2;
  }

  /** The nonce for the next proofs. @param nowMs Unix milliseconds. */
  current(nowMs: number): string {
    return this.of(this.slotAt(nowMs));
  }

  accepts(nonce: unknown, nowMs: number): boolean {
    const slot = this.slotAt(nowMs);
    return [slot, slot - 1, slot + 1].some((one) => nonce === this.of(one));
  }

  private slotAt(nowMs: number): number {
    return Math.floor(nowMs / this.slotMs);
  }

  private of(slot: number): string {
    const known = this.made.get(slot);
    if (known !== undefined) return known;
    const nonce = createHmac('sha256', this.secret).update(`${PURPOSE}${slot}`).digest('base64url');
    for (const other of this.made.keys()) if (Math.abs(other - slot) > 2) this.made.delete(other);
    this.made.set(slot, nonce);
    return nonce;
  }
}
