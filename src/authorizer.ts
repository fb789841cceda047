import type { Policy } from './core/authorize.ts';
import { authorize } from './core/authorize.ts';
import type { PresentedProof } from './core/binding/proof.ts';
import type { RulingQuestion, RulingSource } from './core/condition/ruling.ts';
import type { PresentedCredential } from './core/credential/credential.ts';
import type { CredentialCache } from './core/credential/verified-credential.ts';
import type { Decision, Need } from './core/decision.ts';
import type { Knowledge } from './core/knowledge/knowledge.ts';
import { LocalResults } from './core/knowledge/local-results.ts';
import type {
  BatchDecider,
  Clock,
  DecisionLimits,
  DecisionObserver,
  DecisionTracer,
  ProofChecker,
  StandingReader,
  Timing,
  UpstreamSigner,
  Verifier,
} from './core/ports.ts';
import type { AccessRequest, Moment } from './core/request.ts';
import type { Freshness } from './core/standing.ts';

/** How many needs are met before what is still unknown is `unavailable`. */
const MAX_TRIES = 6;
/** So many verifications of a batch begin in one turn of the event loop: each costs up to a third of a millisecond. */
const VERIFIED_A_TURN = 16;
/** One in so many of the decisions that wait for nothing is timed, since reading the clock takes a good part of one. */
const TIMED_ONE_IN = 64;

/** The parts of an {@link Authorizer}. */
export interface AuthorizerParts {
  readonly policy: Policy;
  readonly known: CredentialCache;
  /** Asks policy decision points; without it, a route that needs one denies every request. */
  readonly rulings?: RulingSource | undefined;
  readonly verifier: Verifier;
  /** `undefined` if the policy does not accept DPoP. */
  readonly proofs?: ProofChecker | undefined;
  readonly standings: StandingReader;
  readonly clock: Clock;
  readonly observer: DecisionObserver;
  /** By default, no decision is traced. */
  readonly tracer?: DecisionTracer;
  /** Required if the policy signs identities. */
  readonly upstreamSigner?: UpstreamSigner | undefined;
  /** The time limit of one decision in milliseconds; what is unknown by then is `unavailable`. */
  readonly decisionTimeoutMs: number;
  /** Whether an allow counts as a use of the token. True by default; false for inquiries about a token. */
  readonly notesUse?: boolean;
}

const UNTRACED: DecisionTracer = {
  follows: () => false,
  follow: (_request, _beganMs, rest) => rest(),
  followAll: (_requests, _beganMs, rest) => rest(),
  io: (_io, work) => work(),
};

/** One call of an authorizer: what it has learnt, and until when it may learn more. */
interface Attempt {
  readonly beganMs: number;
  /** Monotonic milliseconds. */
  readonly endMs: number;
  readonly learnt: LocalResults;
  /** Of a batch. */
  readonly turns?: Turns;
  isCancelled(): boolean;
}

/** Calls the core, meets its needs and starts over, so that nothing checked before a wait is trusted after it. */
export class Authorizer implements BatchDecider {
  private readonly parts: AuthorizerParts;
  private readonly notesUse: boolean;
  private readonly tracer: DecisionTracer;
  private readonly knowledge: Knowledge;
  private untimed = 0;

  constructor(parts: AuthorizerParts) {
    this.parts = parts;
    this.notesUse = parts.notesUse ?? true;
    this.tracer = parts.tracer ?? UNTRACED;
    this.knowledge = knowledgeOf(parts);
  }

  decide(request: AccessRequest, limits?: DecisionLimits): Decision | Promise<Decision> {
    const { policy, standings, clock, observer } = this.parts;
    const beganMs = clock.monotonicMs();
    const moment = { wallMs: clock.wallMs(), monotonicMs: beganMs, beganMs, mayAsk: true };
    const outcome = authorize(request, policy, this.knowledge, standings.freshness, moment);
    if (outcome.outcome === 'need') return this.decideUnknown(request, outcome, this.attempt(beganMs, limits));
    this.note(outcome, moment);
    observer.decided(request, outcome, this.sampleTime(beganMs), beganMs);
    return outcome;
  }

  /**
   * Verifies every unknown credential, then reads the revocation set once for all of them. A verification that takes
   * more than half of the time, as with a slow issuer, delays no other decision: it is waited for on its own.
   */
  decideMany(requests: readonly AccessRequest[], limits?: DecisionLimits): Promise<readonly Decision[]> {
    const beganMs = this.parts.clock.monotonicMs();
    const attempt = { ...this.attempt(beganMs, limits), turns: new Turns() };
    return this.tracer.followAll(requests, beganMs, () => this.decideAll(requests, attempt));
  }

  /** A credential that is verified without a wait is decided without one. */
  private decideUnknown(request: AccessRequest, need: Need, attempt: Attempt): Decision | Promise<Decision> {
    if (!this.isVerifiedAtOnce(request, need, attempt)) return this.pursue(request, need, attempt);
    const moment = this.momentOf(attempt.beganMs, true);
    const { policy, standings } = this.parts;
    const outcome = authorize(request, policy, attempt.learnt, standings.freshness, moment);
    if (outcome.outcome === 'need') return this.pursue(request, outcome, attempt);
    return this.finish(request, outcome, moment, attempt);
  }

  private isVerifiedAtOnce(request: AccessRequest, need: Need, attempt: Attempt): boolean {
    // What a decision waits for belongs to its trace.
    if (need.what !== 'verification' || this.tracer.follows(request)) return false;
    try {
      return this.learn(need.credential, request, attempt) === undefined;
    } catch {
      // The pursuit fails likewise, and reports it.
      return false;
    }
  }

  private async decideAll(requests: readonly AccessRequest[], attempt: Attempt): Promise<readonly Decision[]> {
    const { beganMs, endMs } = attempt;
    const unknown = this.needsOf(requests, attempt);
    if (unknown.length > 0) {
      await this.verifyAll(unknown, attempt, beganMs + (endMs - beganMs) / 2);
      await this.readAll(this.needsOf(requests, attempt), attempt);
    }
    return await Promise.all(requests.map((request) => this.conclude(request, attempt)));
  }

  private note(decision: Decision, moment: Moment): void {
    if (!this.notesUse || decision.outcome !== 'allow' || decision.credential === undefined) return;
    const { credential } = decision;
    if (credential.lastUse !== undefined) credential.lastUse.atMs = moment.wallMs;
    this.parts.upstreamSigner?.renewIfDue(credential, moment);
  }

  private sampleTime(beganMs: number): Timing | undefined {
    this.untimed = (this.untimed + 1) % TIMED_ONE_IN;
    return this.untimed === 0 ? { waited: false, tookMs: this.parts.clock.monotonicMs() - beganMs } : undefined;
  }

  private attempt(beganMs: number, limits: DecisionLimits | undefined): Attempt {
    const { decisionTimeoutMs } = this.parts;
    return {
      beganMs,
      endMs: beganMs + Math.min(decisionTimeoutMs, limits?.timeoutMs ?? decisionTimeoutMs),
      learnt: new LocalResults(this.knowledge),
      isCancelled: () => limits?.isCancelled() === true,
    };
  }

  private needsOf(requests: readonly AccessRequest[], { beganMs, learnt }: Attempt): NeedOf[] {
    const { policy, standings } = this.parts;
    const moment = this.momentOf(beganMs, true);
    return requests.flatMap((request) => {
      const outcome = authorize(request, policy, learnt, standings.freshness, moment);
      return outcome.outcome === 'need' ? [{ request, need: outcome }] : [];
    });
  }

  private async verifyAll(needs: readonly NeedOf[], attempt: Attempt, untilMs: number): Promise<void> {
    const running = needs.map(async ({ need, request }) => {
      if (need.what === 'verification') await this.verify(need.credential, request, attempt);
    });
    // If one fails, its decision tries again for itself, and the failure is observed.
    await this.inTime(Promise.allSettled(running), untilMs);
  }

  private async readAll(needs: readonly NeedOf[], attempt: Attempt): Promise<void> {
    const credentials = needs.flatMap(({ need }) => (need.what === 'standing' ? [need.credential] : []));
    if (credentials.length === 0 || attempt.isCancelled()) return;
    const { standings } = this.parts;
    const reading = this.tracer.io('read revocation set', () => standings.refreshAll([...new Set(credentials)]));
    await this.inTime(Promise.allSettled([reading]), attempt.endMs);
  }

  /** Decides one request of a batch, whose needs have been met as far as that was possible. */
  private async conclude(request: AccessRequest, attempt: Attempt): Promise<Decision> {
    const { policy, standings } = this.parts;
    const moment = this.momentOf(attempt.beganMs, !attempt.isCancelled());
    const outcome = authorize(request, policy, attempt.learnt, standings.freshness, moment);
    return outcome.outcome === 'need'
      ? await this.pursue(request, outcome, attempt)
      : this.finish(request, outcome, moment, attempt);
  }

  private pursue(request: AccessRequest, need: Need, attempt: Attempt): Promise<Decision> {
    return this.tracer.follow(request, attempt.beganMs, () => this.meetNeeds(request, need, attempt));
  }

  private async meetNeeds(request: AccessRequest, need: Need, attempt: Attempt): Promise<Decision> {
    const { policy } = this.parts;
    const { learnt } = attempt;
    let open = need;
    for (let tries = 1; ; tries++) {
      const met = await this.meetInTime(open, request, attempt);
      const moment = this.momentOf(attempt.beganMs, met && tries < MAX_TRIES && !attempt.isCancelled());
      const outcome = authorize(request, policy, learnt, this.freshnessAfter(open, met), moment);
      if (outcome.outcome !== 'need') return this.finish(request, outcome, moment, attempt);
      open = outcome;
    }
  }

  private finish(request: AccessRequest, decision: Decision, moment: Moment, attempt: Attempt): Decision {
    if (attempt.isCancelled()) return decision;
    this.note(decision, moment);
    const timing = { waited: true, tookMs: moment.monotonicMs - attempt.beganMs };
    this.parts.observer.decided(request, decision, timing, attempt.beganMs);
    return decision;
  }

  /** If the revocation set could not be read in time, the configuration may allow older knowledge. */
  private freshnessAfter({ what }: Need, met: boolean): Freshness {
    const { freshness, outageFreshness } = this.parts.standings;
    return what === 'standing' && !met ? (outageFreshness ?? freshness) : freshness;
  }

  private momentOf(beganMs: number, mayAsk: boolean): Moment {
    const { clock } = this.parts;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), beganMs, mayAsk };
  }

  /** Whether the need was met before the decision's time was up. */
  private async meetInTime(need: Need, request: AccessRequest, attempt: Attempt): Promise<boolean> {
    try {
      const { endMs } = attempt;
      return this.parts.clock.monotonicMs() < endMs && (await this.inTime(this.meet(need, request, attempt), endMs));
    } catch (error) {
      this.parts.observer.failed(error, request);
      return false;
    }
  }

  /** Whether the work was done by then. Rejects with it. */
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

  private async meet(need: Need, request: AccessRequest, attempt: Attempt): Promise<void> {
    if (need.what === 'verification') return this.verify(need.credential, request, attempt);
    if (need.what === 'ruling') return this.askForRuling(need.question, attempt);
    if (need.what === 'upstream token') return this.parts.upstreamSigner?.sign(need.credential);
    if (need.what === 'proof') return this.prove(need.proof, request, attempt);
    return this.tracer.io('read revocation set', () => this.parts.standings.refresh(need.credential));
  }

  private async askForRuling(question: RulingQuestion, { learnt }: Attempt): Promise<void> {
    const { rulings } = this.parts;
    if (rulings === undefined) return;
    await learnt.rule(question, () => this.tracer.io('ask decision point', () => rulings.ask(question)));
  }

  private async prove(proof: PresentedProof, request: AccessRequest, { learnt }: Attempt): Promise<void> {
    const { proofs } = this.parts;
    if (proofs === undefined) return;
    const result = await this.tracer.io('check proof', () => proofs.check(proof));
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
    { learnt }: Attempt,
  ): Promise<void> | undefined {
    return learnt.learn(credential, () => this.parts.verifier.verify(credential, client));
  }
}

/** A request, and what must be known to decide it. */
interface NeedOf {
  readonly request: AccessRequest;
  readonly need: Need;
}

/** Spreads the verifications of a batch over turns of the event loop, so that other calls are answered meanwhile. */
class Turns {
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

function knowledgeOf({ known, rulings }: AuthorizerParts): Knowledge {
  if (rulings === undefined) return known;
  return {
    find: (credential) => known.find(credential),
    ruling: (question, now) => rulings.find(question, now),
  };
}
