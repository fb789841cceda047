import type { Policy } from './core/authorize.ts';
import { authorize } from './core/authorize.ts';
import type { PresentedCredential } from './core/credential.ts';
import type { Decision, Need } from './core/decision.ts';
import type { Clock, Decider, DecisionObserver, StandingReader, Timing, Verifier } from './core/ports.ts';
import type { AccessRequest, Moment } from './core/request.ts';
import type { Freshness } from './core/standing.ts';
import type { CredentialCache, VerificationResult } from './core/verified-credential.ts';

/** How many needs are met before what is still unknown is `unavailable`. */
const MAX_TRIES = 4;
/** One in so many of the decisions that wait for nothing is timed, since reading the clock takes a good part of one. */
const TIMED_ONE_IN = 64;

/** The parts of an {@link Authorizer}. */
export interface AuthorizerParts {
  readonly policy: Policy;
  readonly known: CredentialCache;
  readonly verifier: Verifier;
  readonly standings: StandingReader;
  readonly clock: Clock;
  readonly observer: DecisionObserver;
  /** The time limit of one decision in milliseconds; what is unknown by then is `unavailable`. */
  readonly decisionTimeoutMs: number;
  /** Whether an allow counts as a use of the token. True by default; false for inquiries about a token. */
  readonly notesUse?: boolean;
}

/** Calls the core, meets its needs and starts over, so that nothing checked before a wait is trusted after it. */
export class Authorizer implements Decider {
  private readonly parts: AuthorizerParts;
  private readonly notesUse: boolean;
  private untimed = 0;

  constructor(parts: AuthorizerParts) {
    this.parts = parts;
    this.notesUse = parts.notesUse ?? true;
  }

  decide(request: AccessRequest): Decision | Promise<Decision> {
    const { policy, known, standings, clock, observer } = this.parts;
    const beganMs = clock.monotonicMs();
    const moment = { wallMs: clock.wallMs(), monotonicMs: beganMs, beganMs, mayAsk: true };
    const outcome = authorize(request, policy, known, standings.freshness, moment);
    if (outcome.outcome === 'need') return this.pursue(request, outcome, beganMs);
    if (this.notesUse) noteUse(outcome, moment);
    observer.decided(request, outcome, this.sampleTime(beganMs));
    return outcome;
  }

  private sampleTime(beganMs: number): Timing | undefined {
    this.untimed = (this.untimed + 1) % TIMED_ONE_IN;
    return this.untimed === 0 ? { waited: false, tookMs: this.parts.clock.monotonicMs() - beganMs } : undefined;
  }

  private async pursue(request: AccessRequest, need: Need, beganMs: number): Promise<Decision> {
    const { policy, observer } = this.parts;
    const learnt = new LocalResults(this.parts.known);
    let open = need;
    for (let tries = 1; ; tries++) {
      const met = await this.meetInTime(open, request, learnt, beganMs);
      const moment = this.momentOf(beganMs, met && tries < MAX_TRIES);
      const outcome = authorize(request, policy, learnt, this.freshnessAfter(open, met), moment);
      if (outcome.outcome !== 'need') {
        if (this.notesUse) noteUse(outcome, moment);
        observer.decided(request, outcome, { waited: true, tookMs: moment.monotonicMs - beganMs });
        return outcome;
      }
      open = outcome;
    }
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
  private async meetInTime(
    need: Need,
    request: AccessRequest,
    learnt: LocalResults,
    beganMs: number,
  ): Promise<boolean> {
    const leftMs = beganMs + this.parts.decisionTimeoutMs - this.parts.clock.monotonicMs();
    if (leftMs <= 0) return false;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, leftMs, false);
    });
    try {
      return await Promise.race([this.meet(need, request, learnt), timeout]);
    } catch (error) {
      this.parts.observer.failed(error, request);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  private async meet(need: Need, { client }: AccessRequest, learnt: LocalResults): Promise<true> {
    if (need.what === 'standing') {
      await this.parts.standings.refresh(need.credential);
    } else {
      learnt.add(need.credential, await this.parts.verifier.verify(need.credential, client));
    }
    return true;
  }
}

function noteUse(decision: Decision, { wallMs }: Moment): void {
  if (decision.outcome === 'allow' && decision.credential?.lastUse !== undefined) {
    decision.credential.lastUse.atMs = wallMs;
  }
}

/** The verification results of one decision, in front of the shared cache. */
class LocalResults implements CredentialCache {
  private readonly shared: CredentialCache;
  private value: string | undefined;
  private finding: VerificationResult | undefined;

  constructor(shared: CredentialCache) {
    this.shared = shared;
  }

  add(credential: PresentedCredential, finding: VerificationResult): void {
    this.value = credential.value;
    this.finding = finding;
  }

  find(credential: PresentedCredential): VerificationResult | undefined {
    return credential.value === this.value ? this.finding : this.shared.find(credential);
  }
}
