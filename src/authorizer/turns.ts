/** So many verifications of a batch begin in one turn of the event loop: each costs up to a third of a millisecond. */
const VERIFIED_A_TURN = 16;

/** Spreads the verifications of a batch over turns of the event loop, so that other calls are answered meanwhile. */
export class Turns {
  private left = VERIFIED_A_TURN;
  private next: Promise<void> | undefined;

  /** Resolves when another verification may begin. */
  async take(): Promise<void> {
    while (this.left === 0) await (this.next ??= this.renew());
    this.left -= 1;
  }

  private async renew(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.left = VERIFIED_A_TURN;
    this.next = undefined;
  }
}
