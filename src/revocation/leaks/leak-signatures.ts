import { verify } from 'node:crypto';
import { addressBlock } from '../../accounts/guesses/address-block.ts';
import { FailureBudget } from '../../accounts/guesses/failure-budget.ts';
import type { Clock } from '../../core/ports.ts';
import type { ReporterKeySource } from './published-reporter-keys.ts';

/** Wrong signatures of one address block on each instance: 20 at once, then one every 5 seconds. */
const BUDGET = { burst: 20, refillMs: 5_000, max: 10_000 };
/** A DER signature of P-256 has at most 72 bytes: canonical base64 of at most 96 characters. */
const SIGNATURE = /^[A-Za-z0-9+/]{1,96}={0,2}$/;
const MAX_ID_LENGTH = 256;

/** A signed message, as it came. */
export interface SignedMessage {
  readonly body: Uint8Array;
  readonly keyId: string;
  /** Base64 of an ECDSA signature in DER. */
  readonly signature: string;
  /** The client's address. */
  readonly client: string;
}

export type SignatureCheck =
  | { readonly outcome: 'genuine' }
  | { readonly outcome: 'wrong'; readonly message: string }
  | { readonly outcome: 'unavailable' }
  | { readonly outcome: 'too many'; readonly retryAfterSeconds: number };

/** Checks that a report of leaks comes from the reporter: ECDSA on P-256 with SHA-256 over the bytes of the body. */
export class LeakSignatures {
  private readonly keys: ReporterKeySource;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly budget = new FailureBudget(BUDGET);

  constructor(keys: ReporterKeySource, clock: Pick<Clock, 'monotonicMs'>) {
    this.keys = keys;
    this.clock = clock;
  }

  async check(message: SignedMessage): Promise<SignatureCheck> {
    const block = addressBlock(message.client);
    const nowMs = this.clock.monotonicMs();
    const waitMs = this.budget.waitMs(block, nowMs);
    if (waitMs > 0) return { outcome: 'too many', retryAfterSeconds: Math.ceil(waitMs / 1000) };
    // Before the wait for keys, so that a flood cannot hold any number of bodies meanwhile.
    this.budget.take(block, nowMs);
    const checked = await this.verify(message);
    if (checked.outcome !== 'wrong') this.budget.giveBack(block);
    return checked;
  }

  private async verify({ body, keyId, signature }: SignedMessage): Promise<SignatureCheck> {
    if (keyId === '' || keyId.length > MAX_ID_LENGTH || !SIGNATURE.test(signature)) {
      return wrong('Github-Public-Key-Identifier or Github-Public-Key-Signature is missing or malformed');
    }
    const key = await this.keys.find(keyId);
    if (key === 'unavailable') return { outcome: 'unavailable' };
    if (key === 'unknown') return wrong('the reporter has no public key with this Github-Public-Key-Identifier');
    const bytes = Buffer.from(signature, 'base64');
    const isGenuine = verify('sha256', body, { key, dsaEncoding: 'der' }, bytes);
    return isGenuine ? { outcome: 'genuine' } : wrong('Github-Public-Key-Signature is not a signature of this body');
  }
}

function wrong(message: string): SignatureCheck {
  return { outcome: 'wrong', message };
}
