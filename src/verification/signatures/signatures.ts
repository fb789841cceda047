import type { Clock } from '../../core/ports.ts';
import type { VerificationKey } from '../keys.ts';
import { signatureCostMs } from './signature-cost.ts';
import { SignatureThread, type SignatureThreadParts } from './signature-thread.ts';
import type { Signer, SignerFinder } from './signer.ts';
import { SIGNERS_AT_ONCE } from './signer.ts';
import { TimeBudget } from './time-budget.ts';

/** What costs no more than a message to the thread and the wait for its answer is verified at once: HMAC, and RSA with 2048 bits. */
const ALWAYS_AT_ONCE_MS = 0.03;
/** Verifications of others at once: four of ES256, and a tenth of the time after that. */
const BURST_MS = 0.4;
const SHARE = 0.1;
/** No verification at once takes longer, even without a thread. */
const MOST_AT_ONCE_MS = 1;

export interface SignaturesParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Called when there may be room for more verifications. Must not throw. */
  readonly freed: () => void;
  /** See {@link SignatureThreadParts}. */
  readonly goOn?: SignatureThreadParts['goOn'];
  /** The module of the thread. Tests inject one that fails. */
  readonly thread?: URL | undefined;
}

/**
 * Finds signers without blocking the event loop for long: cheap signatures and the odd slow one at once, bursts of slow
 * ones on a thread. Shared by all verifiers of the process.
 */
export class Signatures implements SignerFinder {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly budget = new TimeBudget(BURST_MS, SHARE);
  private readonly thread: SignatureThread;

  constructor(parts: SignaturesParts) {
    this.clock = parts.clock;
    this.thread = new SignatureThread(parts);
  }

  /** Whether another verification can begin without overload. */
  hasRoom(): boolean {
    return this.thread.hasRoom();
  }

  find(jws: string, algorithm: string, keys: readonly VerificationKey[]): Signer | Promise<Signer> {
    const costMs = signatureCostMs(keys);
    const isCheap = costMs <= ALWAYS_AT_ONCE_MS || this.budget.take(costMs, this.clock.monotonicMs());
    // The first tokens of a burst do not wait until the thread has started.
    const startsOnly = !isCheap && costMs <= MOST_AT_ONCE_MS && !this.thread.isReady;
    if (startsOnly) this.thread.start();
    const asked = isCheap || startsOnly ? undefined : this.thread.find(jws, algorithm, keys);
    if (asked !== undefined) return asked;
    return isCheap || costMs <= MOST_AT_ONCE_MS ? SIGNERS_AT_ONCE.find(jws, algorithm, keys) : 'unavailable';
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.thread.close();
  }
}
