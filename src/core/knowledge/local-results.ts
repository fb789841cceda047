import type { ProofResult } from '../binding/proof.ts';
import type { Ruling, RulingQuestion } from '../condition/ruling.ts';
import type { PresentedCredential } from '../credential/credential.ts';
import type { VerificationResult, VerifiedCredential } from '../credential/verified-credential.ts';
import type { AccessRequest, Instant } from '../request.ts';
import type { Knowledge } from './knowledge.ts';

/** What one call has learnt, in front of what is shared: verification results, and rulings with their credential. */
export class LocalResults implements Knowledge {
  /** By request, since each request has its own proof, which is checked once. */
  readonly proven = new Map<AccessRequest, ProofResult>();
  private readonly shared: Knowledge;
  private readonly rulings = new Map<VerifiedCredential, Map<string, Ruling>>();
  private readonly found = {
    bearer: new Map<string, VerificationResult>(),
    basic: new Map<string, VerificationResult>(),
  };
  private readonly running = { bearer: new Map<string, Promise<void>>(), basic: new Map<string, Promise<void>>() };

  constructor(shared: Knowledge) {
    this.shared = shared;
  }

  /** Verifies a credential, unless that is running. Returns a promise only if there is something to wait for. */
  learn(
    { scheme, value }: PresentedCredential,
    verify: () => VerificationResult | Promise<VerificationResult>,
  ): Promise<void> | undefined {
    const running = this.running[scheme].get(value);
    if (running !== undefined) return running;
    const result = verify();
    if (!(result instanceof Promise)) {
      this.found[scheme].set(value, result);
      return undefined;
    }
    const started = result
      .then((later) => void this.found[scheme].set(value, later))
      .finally(() => this.running[scheme].delete(value));
    this.running[scheme].set(value, started);
    return started;
  }

  /** Asks for a ruling. One that failed is not asked for again in this call. */
  async rule({ credential, decisionPoint, body }: RulingQuestion, ask: () => Promise<Ruling>): Promise<void> {
    const rulings = this.rulings.get(credential) ?? new Map<string, Ruling>();
    this.rulings.set(credential, rulings);
    rulings.set(`${decisionPoint} ${body}`, await ask());
  }

  ruling(question: RulingQuestion, now: Instant): Ruling | undefined {
    const { credential, decisionPoint, body } = question;
    return this.rulings.get(credential)?.get(`${decisionPoint} ${body}`) ?? this.shared.ruling?.(question, now);
  }

  find(credential: PresentedCredential): VerificationResult | undefined {
    return this.found[credential.scheme].get(credential.value) ?? this.shared.find(credential);
  }

  proofOf(request: AccessRequest): ProofResult | undefined {
    return this.proven.get(request);
  }
}
