import type { Policy } from '../core/authorize.ts';
import { authorize } from '../core/authorize.ts';
import type { CredentialCache } from '../core/credential/verified-credential.ts';
import type { Decision, Need } from '../core/decision.ts';
import type { Knowledge } from '../core/knowledge/knowledge.ts';
import { LocalResults } from '../core/knowledge/local-results.ts';
import type {
  BatchDecider,
  DecisionLimits,
  DecisionObserver,
  DecisionTracer,
  StandingReader,
  Timing,
} from '../core/ports.ts';
import type { AccessRequest, Moment } from '../core/request.ts';
import type { Freshness } from '../core/standing.ts';
import type { Attempt } from './attempt.ts';
import type { NeedMeeterParts, NeedOf } from './need-meeter.ts';
import { NeedMeeter } from './need-meeter.ts';
import { Turns } from './turns.ts';

/** How many needs are met before what is still unknown is `unavailable`. */
const MAX_TRIES = 6;
/** How many of them are met without a wait: a verification, and a read of the revocation set. */
const MAX_TRIES_AT_ONCE = 2;
/** One in so many of the decisions that wait for nothing is timed, since reading the clock takes a good part of one. */
const TIMED_ONE_IN = 64;

/** The parts of an {@link Authorizer}. */
export interface AuthorizerParts extends Omit<NeedMeeterParts, 'tracer'> {
  readonly policy: Policy;
  readonly known: CredentialCache;
  readonly standings: StandingReader;
  readonly observer: DecisionObserver;
  /** By default, no decision is traced. */
  readonly tracer?: DecisionTracer;
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

/** Calls the core, has its needs met and starts over, so that nothing checked before a wait is trusted after it. */
export class Authorizer implements BatchDecider {
  private readonly parts: AuthorizerParts;
  private readonly notesUse: boolean;
  private readonly tracer: DecisionTracer;
  private readonly knowledge: Knowledge;
  private readonly needs: NeedMeeter;
  private untimed = 0;

  constructor(parts: AuthorizerParts) {
    this.parts = parts;
    this.notesUse = parts.notesUse ?? true;
    this.tracer = parts.tracer ?? UNTRACED;
    this.knowledge = knowledgeOf(parts);
    this.needs = new NeedMeeter({ ...parts, tracer: this.tracer });
  }

  decide(request: AccessRequest, limits?: DecisionLimits): Decision | Promise<Decision> {
    const { policy, standings, clock, observer } = this.parts;
    const beganMs = clock.monotonicMs();
    const moment = { wallMs: clock.wallMs(), monotonicMs: beganMs, beganMs, mayAsk: true };
    const outcome = authorize(request, policy, this.knowledge, standings.freshness, moment);
    if (outcome.outcome === 'need') return this.decideInTurn(request, outcome, beganMs, limits);
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

  /** A credential waits for its verification in front of everything else, so that little is kept for it. */
  private decideInTurn(
    request: AccessRequest,
    need: Need,
    beganMs: number,
    limits: DecisionLimits | undefined,
  ): Decision | Promise<Decision> {
    // What a decision waits for belongs to its trace.
    if (need.what !== 'verification' || this.tracer.follows(request)) {
      return this.decideUnknown(request, need, this.attempt(beganMs, limits));
    }
    const { credential } = need;
    const giveUp = (): Decision | Promise<Decision> => {
      const attempt = this.attempt(beganMs, limits);
      this.needs.learnOverload(credential, attempt);
      return this.conclude(request, attempt);
    };
    let hasWaited = false;
    const begin = (): Decision | Promise<Decision> => {
      if (!hasWaited) return this.decideUnknown(request, need, this.attempt(beganMs, limits, true));
      if (limits?.isCancelled() === true) return giveUp();
      const attempt = this.attempt(beganMs, limits, true);
      // Another decision may have verified it meanwhile.
      return this.conclude(request, attempt, (open) => this.decideUnknown(request, open, attempt));
    };
    const decision = this.needs.admit(credential, request.client, this.timeOf(limits), begin, giveUp);
    hasWaited = true;
    return decision;
  }

  /** A credential that is verified without a wait, and whose revocation is read without one, is decided without one. */
  private decideUnknown(request: AccessRequest, need: Need, attempt: Attempt): Decision | Promise<Decision> {
    const { policy, standings } = this.parts;
    let open = need;
    for (let tries = 0; tries < MAX_TRIES_AT_ONCE && this.needs.meetAtOnce({ request, need: open }, attempt); tries++) {
      const moment = this.momentOf(attempt.beganMs, !attempt.isCancelled());
      const outcome = authorize(request, policy, attempt.learnt, standings.freshness, moment);
      if (outcome.outcome !== 'need') return this.finish(request, outcome, moment, attempt);
      open = outcome;
    }
    return this.pursue(request, open, attempt);
  }

  private async decideAll(requests: readonly AccessRequest[], attempt: Attempt): Promise<readonly Decision[]> {
    const { beganMs, endMs } = attempt;
    const unknown = this.needsOf(requests, attempt);
    if (unknown.length > 0) {
      await this.needs.verifyAll(unknown, attempt, beganMs + (endMs - beganMs) / 2);
      await this.needs.readAll(this.needsOf(requests, attempt), attempt);
    }
    return await Promise.all(requests.map(async (request) => this.conclude(request, attempt)));
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

  private attempt(beganMs: number, limits: DecisionLimits | undefined, isAdmitted = false): Attempt {
    return {
      beganMs,
      endMs: beganMs + this.timeOf(limits),
      learnt: new LocalResults(this.knowledge),
      isAdmitted,
      isCancelled: () => limits?.isCancelled() === true,
    };
  }

  private timeOf(limits: DecisionLimits | undefined): number {
    const { decisionTimeoutMs } = this.parts;
    return Math.min(decisionTimeoutMs, limits?.timeoutMs ?? decisionTimeoutMs);
  }

  private needsOf(requests: readonly AccessRequest[], { beganMs, learnt }: Attempt): NeedOf[] {
    const { policy, standings } = this.parts;
    const moment = this.momentOf(beganMs, true);
    return requests.flatMap((request) => {
      const outcome = authorize(request, policy, learnt, standings.freshness, moment);
      return outcome.outcome === 'need' ? [{ request, need: outcome }] : [];
    });
  }

  /** Decides by what was learnt. @param meet continues with what is still unknown; by default, that is pursued. */
  private conclude(
    request: AccessRequest,
    attempt: Attempt,
    meet = (open: Need): Decision | Promise<Decision> => this.pursue(request, open, attempt),
  ): Decision | Promise<Decision> {
    const { policy, standings } = this.parts;
    const moment = this.momentOf(attempt.beganMs, !attempt.isCancelled());
    const outcome = authorize(request, policy, attempt.learnt, standings.freshness, moment);
    return outcome.outcome === 'need' ? meet(outcome) : this.finish(request, outcome, moment, attempt);
  }

  private pursue(request: AccessRequest, need: Need, attempt: Attempt): Promise<Decision> {
    return this.tracer.follow(request, attempt.beganMs, () => this.meetNeeds(request, need, attempt));
  }

  private async meetNeeds(request: AccessRequest, need: Need, attempt: Attempt): Promise<Decision> {
    const { policy } = this.parts;
    const { learnt } = attempt;
    let open = need;
    for (let tries = 1; ; tries++) {
      const met = await this.needs.meet({ request, need: open }, attempt);
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
}

function knowledgeOf({ known, rulings }: AuthorizerParts): Knowledge {
  if (rulings === undefined) return known;
  return {
    find: (credential) => known.find(credential),
    ruling: (question, now) => rulings.find(question, now),
  };
}
