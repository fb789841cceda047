import type { PresentedProof } from '../core/binding/proof.ts';
import type { RulingQuestion, RulingSource } from '../core/condition/ruling.ts';
import type { PresentedCredential } from '../core/credential/credential.ts';
import type { Refusal, VerificationResult } from '../core/credential/verified-credential.ts';
import type { Need } from '../core/decision.ts';
import type {
  Admit,
  Clock,
  DecisionObserver,
  DecisionTracer,
  ProofChecker,
  StandingReader,
  UpstreamSigner,
  Verifier,
} from '../core/ports.ts';
import type { AccessRequest, ClientAddress } from '../core/request.ts';
import type { Attempt } from './attempt.ts';

/**
 * The share of a decision's time in which the verification of its credential must have begun; the rest is for the revocation
 * set. Little is left for what follows, which is quick: a process that got no CPU time for a while must not give up all that
 * waits.
 */
const WAITS_FOR = 0.8;

const OVERLOAD: Refusal = { outcome: 'refused', reason: 'unavailable', check: 'too many tokens to verify' };

/** The parts of a {@link NeedMeeter}. */
export interface NeedMeeterParts {
  readonly verifier: Verifier;
  /** By default, each verification begins at once. */
  readonly admit?: Admit | undefined;
  readonly standings: Pick<StandingReader, 'refresh' | 'refreshAtOnce' | 'refreshAll'>;
  /** Asks policy decision points; without it, a route that needs one denies every request. */
  readonly rulings?: RulingSource | undefined;
  /** `undefined` if the policy does not accept DPoP. */
  readonly proofs?: ProofChecker | undefined;
  /** Required if the policy signs identities. */
  readonly upstreamSigner?: UpstreamSigner | undefined;
  readonly clock: Clock;
  readonly observer: Pick<DecisionObserver, 'failed'>;
  readonly tracer: DecisionTracer;
}

/** A request, and what must be known to decide it. */
export interface NeedOf {
  readonly request: AccessRequest;
  readonly need: Need;
}

/** Meets what the core needs for a decision, as far as the time of the attempt allows. */
export class NeedMeeter {
  private readonly parts: NeedMeeterParts;

  constructor(parts: NeedMeeterParts) {
    this.parts = parts;
  }

  /** Resolves to whether the need was met before the decision's time was up. A failure is observed. */
  async meet({ request, need }: NeedOf, attempt: Attempt): Promise<boolean> {
    const { clock, observer } = this.parts;
    const { endMs } = attempt;
    try {
      return clock.monotonicMs() < endMs && (await this.inTime(this.meetNow(need, request, attempt), endMs));
    } catch (error) {
      observer.failed(error, request);
      return false;
    }
  }

  /**
   * Verifies a credential, or reads the revocation set, where that takes no wait. Returns whether the need is met now; what fails
   * or waits is not.
   */
  meetAtOnce({ request, need }: NeedOf, attempt: Attempt): boolean {
    const { standings, tracer } = this.parts;
    // What a decision waits for belongs to its trace.
    if (tracer.follows(request)) return false;
    try {
      if (need.what === 'standing') return standings.refreshAtOnce(need.credential);
      return need.what === 'verification' && this.learn(need.credential, request, attempt) === undefined;
    } catch {
      // meet() fails likewise, and reports it.
      return false;
    }
  }

  /**
   * Begins a verification in its turn, and what follows with it. Returns or resolves to what `begin` does; to what `giveUp` does
   * if it cannot begin in time, which {@link learnOverload} explains.
   *
   * @param timeMs of the whole decision, in milliseconds.
   */
  admit<Result>(
    credential: PresentedCredential,
    client: ClientAddress | undefined,
    timeMs: number,
    begin: () => Result | Promise<Result>,
    giveUp: () => Result | Promise<Result>,
  ): Result | Promise<Result> {
    const { admit } = this.parts;
    return admit === undefined ? begin() : admit({ credential, client, waitMs: WAITS_FOR * timeMs }, begin, giveUp);
  }

  /** Learns that a credential cannot be verified because too many wait. */
  learnOverload(credential: PresentedCredential, { learnt }: Attempt): void {
    void learnt.learn(credential, () => OVERLOAD);
  }

  /** Verifies the credentials that the requests need. @param untilMs when it stops waiting, in monotonic milliseconds. */
  async verifyAll(needs: readonly NeedOf[], attempt: Attempt, untilMs: number): Promise<void> {
    const running = needs.map(async ({ need, request }) => {
      if (need.what === 'verification') await this.verify(need.credential, request, attempt);
    });
    // If one fails, its decision tries again for itself, and the failure is observed.
    await this.inTime(Promise.allSettled(running), untilMs);
  }

  /** Reads at once what the requests need of the revocation set. */
  async readAll(needs: readonly NeedOf[], attempt: Attempt): Promise<void> {
    const credentials = needs.flatMap(({ need }) => (need.what === 'standing' ? [need.credential] : []));
    if (credentials.length === 0 || attempt.isCancelled()) return;
    const { standings, tracer } = this.parts;
    const reading = tracer.io('read revocation set', () => standings.refreshAll([...new Set(credentials)]));
    await this.inTime(Promise.allSettled([reading]), attempt.endMs);
  }

  /** Resolves to whether the work was done by then. Rejects with it. */
  private async inTime(work: Promise<unknown>, untilMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, untilMs - this.parts.clock.monotonicMs()), false);
    });
    try {
      return await Promise.race([work.then(() => true), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async meetNow(need: Need, request: AccessRequest, attempt: Attempt): Promise<void> {
    const { standings, tracer, upstreamSigner } = this.parts;
    if (need.what === 'verification') return this.verify(need.credential, request, attempt);
    if (need.what === 'ruling') return this.askForRuling(need.question, attempt);
    if (need.what === 'upstream token') return upstreamSigner?.sign(need.credential);
    if (need.what === 'proof') return this.prove(need.proof, request, attempt);
    return tracer.io('read revocation set', () => standings.refresh(need.credential));
  }

  private async askForRuling(question: RulingQuestion, { learnt }: Attempt): Promise<void> {
    const { rulings, tracer } = this.parts;
    if (rulings === undefined) return;
    await learnt.rule(question, () => tracer.io('ask decision point', () => rulings.ask(question)));
  }

  private async prove(proof: PresentedProof, request: AccessRequest, { learnt }: Attempt): Promise<void> {
    const { proofs, tracer } = this.parts;
    if (proofs === undefined) return;
    const result = await tracer.io('check proof', () => proofs.check(proof));
    learnt.proven.set(request, result);
  }

  /** What a batch could not begin in time stays unknown. */
  private async verify(credential: PresentedCredential, request: AccessRequest, attempt: Attempt): Promise<void> {
    const { turns, endMs } = attempt;
    if (turns !== undefined) {
      await turns.take();
      if (attempt.isCancelled() || this.parts.clock.monotonicMs() >= endMs) return;
    }
    await this.learn(credential, request, attempt);
  }

  /** Returns a promise only if there is something to wait for. */
  private learn(
    credential: PresentedCredential,
    { client }: AccessRequest,
    { learnt, isAdmitted, beganMs, endMs }: Attempt,
  ): Promise<void> | undefined {
    const verify = (): VerificationResult | Promise<VerificationResult> =>
      this.parts.verifier.verify(credential, client);
    const inTurn = (): VerificationResult | Promise<VerificationResult> =>
      this.admit(credential, client, endMs - beganMs, verify, () => OVERLOAD);
    return learnt.learn(credential, isAdmitted ? verify : inTurn);
  }
}
